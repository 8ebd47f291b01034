import Catalogs
import Foundation
import KernelBTF
import KernelTypes
import Testing

@testable import ProbeBuild

/// Kernels of real devices: BTF files below `LATGATE_KERNEL_BTF_DIR`, packed as their source has
/// them. Without that directory there is nothing to test.
@Suite(.enabled(if: directory != nil), .serialized)
struct RealKernelTests {
  /// Unpacks every kernel and hands over those that were found.
  private func withKernels(
    _ body: (Fixture, [KernelFile]) async throws -> Void
  ) async throws {
    let directory = try #require(directory)
    let names = (FileManager.default.enumerator(atPath: directory)?.allObjects ?? [])
      .compactMap { $0 as? String }.filter { $0.contains(".btf") && $0.hasSuffix(".xz") }.sorted()
    try await withFixture { fixture in
      for name in names {
        let path = "\(directory)/\(name)"
        if name.hasSuffix(".tar.xz") {
          try fixture.run("tar", ["-xJf", path, "-C", fixture.directory])
        } else {
          try fixture.run("cp", [path, fixture.directory])
        }
      }
      var kernels: [KernelFile] = []
      for name in try FileManager.default.contentsOfDirectory(atPath: fixture.directory).sorted()
      where name.contains(".btf") {
        kernels.append(try await fixture.reader.read(fixture.path(name)))
      }
      try #require(!kernels.isEmpty, "no kernel in \(directory)")
      try await body(fixture, kernels)
    }
  }

  private func probes(_ abi: TargetABI) async throws -> [Preflight.Probe] {
    let builder = try ProbeBuilder(share: ShareRoot(path: repository))
    var probes: [Preflight.Probe] = []
    let common = try Catalog.load(root: repository).probes.values.filter { !$0.isRare }
    for source in common.map(ProbeSource.init).sorted(by: { $0.name < $1.name }) {
      let object = try await builder.object(of: source, abi: abi)
      probes.append(Preflight.Probe(name: source.name, object: object, t0Events: []))
      guard source.isScopable else { continue }
      let scoped = try await builder.object(of: source.scoped, abi: abi)
      probes.append(Preflight.Probe(name: source.name + " scoped", object: scoped, t0Events: []))
    }
    return probes
  }

  @Test func losesNoProbe() async throws {
    try await withKernels { fixture, kernels in
      for kernel in kernels {
        let abi = try #require(kernel.abi)
        let result = try await Preflight(facts: KernelFacts(kernel: kernel), cache: fixture.cache)
          .run(try await probes(abi), abi: abi)
        for probe in result.probes {
          #expect(probe.outcome != .lost, "\(kernel.path) \(probe.probe): \(probe.reasons)")
        }
      }
    }
  }

  @Test func findsDifferencesBetweenBuilds() async throws {
    try await withKernels { fixture, kernels in
      let same = kernels.filter { $0.abi == .arm64 }
      try #require(same.count >= 2)
      let result = try await Preflight(facts: KernelFacts(kernel: same[1]), cache: fixture.cache)
        .run(try await probes(.arm64), abi: .arm64, against: same[0])
      let comparison = try #require(result.comparison)
      #expect(!comparison.changes.isEmpty)
      #expect(comparison.changes.count < comparison.compared)
    }
  }

  /// libbpf's own answers, which bpftool prints when asked for details.
  @Test func answersAsLibbpf() async throws {
    try await withKernels { fixture, kernels in
      for kernel in kernels {
        let whole = try fixture.write(kernel.types.bytes, to: "whole")
        for probe in try await probes(try #require(kernel.abi)) {
          let log = try report(whole, probe.object.path, fixture)
          let core = try CoreObject(
            [UInt8](Data(contentsOf: URL(fileURLWithPath: probe.object.path))))
          var numbers: [String: Int] = [:]
          var compared = 0
          let answers = try core.answers(from: kernel.types).flatMap(\.all)
          for answer in answers.sorted(by: { $0.relocation.instruction < $1.relocation.instruction }
          )
          where answer.relocation.section != ".text" {
            let section = answer.relocation.section
            let number = numbers[section, default: 0]
            numbers[section] = number + 1
            guard let theirs = log["\(section) \(number)"] else { continue }
            // 0 is "no" to a question, and a value like any other of an enumerator.
            let isDenied = answer.relocation.kind.isQuestion && answer.outcome == .value(0)
            let ours =
              answer.place.map { place in "@ offset \(place.offset)" }
              ?? (answer.outcome == .missing || isDenied ? "none" : "there")
            compared += 1
            #expect(theirs == ours, "\(probe.name) \(section) \(number) \(answer.subject)")
          }
          #expect(compared == log.count, "\(probe.name)")
        }
      }
    }
  }

  /// By section and number of the relocation: where the field is, that the type is there, or none.
  private func report(
    _ kernel: String, _ object: String, _ fixture: Fixture
  ) throws -> [String: String] {
    let log = fixture.path("log")
    try fixture.run(
      "sh",
      [
        "-c",
        "PATH=$PATH:/usr/sbin bpftool -d gen min_core_btf \(kernel) \(fixture.path("cut")) \(object) >\(log) 2>&1",
      ])
    let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: log)), as: UTF8.self)
    var found: [String: String] = [:]
    for line in text.split(separator: "\n") {
      guard let match = line.firstMatch(of: /prog '(.+)': relo #(\d+): (.*)$/) else { continue }
      let key = "\(match.1) \(match.2)"
      if match.3.hasPrefix("matching candidate #0") {
        let offset = match.3.firstMatch(of: /@ offset (\d+)/)
        found[key] = offset.map { "@ offset \($0.1)" } ?? "there"
      } else if match.3.hasPrefix("no matching targets") {
        found[key] = "none"
      }
    }
    return found
  }
}

private let directory = ProcessInfo.processInfo.environment["LATGATE_KERNEL_BTF_DIR"]
