import Foundation
import KernelTypes
import Testing

@testable import ProbeBuild

@Suite struct ProbeBuilderTests {
  @Test func buildsAProbeOnce() async throws {
    try await withFixture { fixture in
      let builder = try fixture.builder()
      let probe = fixture.probe("small")
      let first = try await builder.object(of: probe, abi: .arm64)
      let calls = fixture.calls
      #expect(calls == 2)  // the question for the BPF target, the compilation
      let second = try await builder.object(of: probe, abi: .arm64) { _ in
        Issue.record("built again")
      }
      #expect(second == first)
      #expect(fixture.calls == calls)
      #expect(first.size == FileManager.default.contents(atPath: first.path)?.count)
      #expect(first.hash.count == 64)
    }
  }

  @Test func whatIsShippedNeedsNoCompilerWhileItsSourcesAreTheSame() async throws {
    try await withFixture { fixture in
      var builder = try fixture.builder()
      builder.ships = true
      let probe = fixture.probe("small")
      let built = try await builder.object(of: probe, abi: .arm64)
      let bare = ProbeBuilder(
        share: fixture.share, cacheDirectory: "\(fixture.directory)/other", environment: [:]
      ) { _, _ in throw ProbeBuildError.compilerNotFound(tried: ["network"]) }
      let shipped = try await bare.object(of: probe, abi: .arm64)
      #expect(shipped.hash == built.hash)
      #expect(shipped.path.hasPrefix("\(fixture.share.path)/built/small-arm64-"))
      // Not for another architecture, and not once a source has changed.
      await #expect(throws: ProbeBuildError.compilerNotFound(tried: [])) {
        try await bare.object(of: probe, abi: .armv7)
      }
      try fixture.write("#define MARK 3\n", to: "share/bpf/include/marks.h")
      await #expect(throws: ProbeBuildError.compilerNotFound(tried: [])) {
        try await bare.object(of: probe, abi: .arm64)
      }
    }
  }

  @Test func describesWhatTheProbeContains() async throws {
    try await withFixture { fixture in
      let probe = fixture.probe("small")
      let artifact = try await fixture.builder().object(of: probe, abi: .armv7)
      let bytes = try #require(FileManager.default.contents(atPath: artifact.path))
      let object = try ProbeObject.inspect(Array(bytes), name: "small")
      #expect(
        object.programs == [
          .init(name: "sched_switch__raw_tp", section: "raw_tp/sched_switch"),
          .init(name: "sched_switch__tp_btf", section: "tp_btf/sched_switch"),
        ])
      #expect(object.maps == ["h_small"])
      #expect(object.license == "GPL")
      let elf = try ELFReader(Array(bytes))
      #expect(elf.section(".debug_info") == nil)
      let directory = Data(fixture.directory.utf8)
      #expect(bytes.range(of: directory) == nil, "an object must not know where it was built")
    }
  }

  @Test(arguments: ["share/bpf/include/marks.h", "share/Sources/Device/CAgentABI/include/new.h"])
  func rebuildsWhenAHeaderChanges(header: String) async throws {
    try await withFixture { fixture in
      let builder = try fixture.builder()
      let probe = fixture.probe("small")
      let first = try await builder.object(of: probe, abi: .arm64)
      try fixture.write("#define MARK 2\n", to: header)
      let second = try await builder.object(of: probe, abi: .arm64)
      #expect(second.path != first.path)
      #expect((second.hash != first.hash) == header.hasSuffix("marks.h"))
    }
  }

  @Test func rebuildsWhenTheCompilerOrTheSysrootChanges() async throws {
    try await withFixture { fixture in
      let probe = fixture.probe("small")
      let first = try await fixture.builder().object(of: probe, abi: .arm64)
      try fixture.write("", to: "sysroot/new")
      let second = try await fixture.builder().object(of: probe, abi: .arm64)
      #expect(second.path != first.path)
      #expect(second.hash == first.hash)
    }
  }

  @Test(arguments: [Data(), Data("short".utf8)])
  func rebuildsADamagedFile(damage: Data) async throws {
    try await withFixture { fixture in
      let builder = try fixture.builder()
      let probe = fixture.probe("small")
      let first = try await builder.object(of: probe, abi: .x86_64)
      try damage.write(to: URL(fileURLWithPath: first.path))
      let calls = fixture.calls
      let second = try await builder.object(of: probe, abi: .x86_64)
      #expect(second == first)
      #expect(fixture.calls > calls)
      #expect(FileManager.default.contents(atPath: first.path)?.count == first.size)
    }
  }

  @Test func reportsErrorsOfTheProbeWithFileAndLine() async throws {
    try await withFixture { fixture in
      try fixture.write("int fine;\nint broken = missing;\n", to: "mine/bad.bpf.c")
      let path = "\(fixture.directory)/mine/bad.bpf.c"
      let error = await #expect(throws: ProbeBuildError.self) {
        try await fixture.builder().object(of: ProbeSource(name: "bad", path: path), abi: .arm64)
      }
      let text = try #require(error?.description)
      #expect(text.hasPrefix("\(path) does not compile:\n"))
      #expect(text.contains("\(path):2:14: error: use of undeclared identifier 'missing'"))
      #expect(text.contains("int broken = missing;"))
      #expect(error?.exitCode == 65)
      let work = try FileManager.default.contentsOfDirectory(
        atPath: "\(fixture.cacheDirectory)/work")
      #expect(work.isEmpty)
    }
  }

  @Test func takesHeadersBesideTheUsersOwnProbe() async throws {
    try await withFixture { fixture in
      let text = Fixture.probe.replacingOccurrences(of: "marks.h", with: "own.h")
      try fixture.write(text, to: "mine/own.bpf.c")
      try fixture.write("#define MARK 7\n", to: "mine/own.h")
      let probe = ProbeSource(name: "own", path: "\(fixture.directory)/mine/own.bpf.c")
      let first = try await fixture.builder().object(of: probe, abi: .arm64)
      try fixture.write("#define MARK 8\n", to: "mine/own.h")
      let second = try await fixture.builder().object(of: probe, abi: .arm64)
      #expect(first.hash != second.hash)
    }
  }

  @Test(arguments: [
    ("fentry/vfs_read", "production kernels have no fentry"),
    ("tracepoint/syscalls/sys_enter_futex", "use raw_syscalls"),
  ])
  func refusesHooksThatProductionKernelsLack(section: String, reason: String) async throws {
    try await withFixture { fixture in
      let text = Fixture.probe.replacingOccurrences(of: "raw_tp/sched_switch", with: section)
      try fixture.write(text, to: "share/bpf/forbidden.bpf.c")
      let probe = fixture.probe("forbidden")
      let error = await #expect(throws: ProbeBuildError.self) {
        try await fixture.builder().object(of: probe, abi: .arm64)
      }
      #expect(error?.description.contains(reason) == true)
      #expect(error?.exitCode == 65)
    }
  }

  @Test func refusesACompilerWithoutBPF() async throws {
    try await withFixture { fixture in
      try fixture.write("#!/bin/sh\necho '  arm - ARM'\n", to: "other/clang", mode: 0o755)
      let builder = ProbeBuilder(
        share: fixture.share, cacheDirectory: fixture.cacheDirectory,
        environment: ["LATGATE_CLANG": "\(fixture.directory)/other/clang"]
      ) { _, _ in Sysroot(path: fixture.directory) }
      let probe = fixture.probe("small")
      await #expect(
        throws: ProbeBuildError.compilerLacksTarget(
          compiler: "\(fixture.directory)/other/clang", target: "bpf")
      ) {
        try await builder.object(of: probe, abi: .arm64)
      }
    }
  }

  @Test func saysWhichSourcesOfTheAgentAreMissing() async throws {
    try await withFixture { fixture in
      let error = await #expect(throws: ProbeBuildError.self) {
        try await fixture.builder().build(abi: .arm64, probes: [])
      }
      #expect(error?.description.contains("has no C sources") == true)
    }
  }

  @Test func readsSystemCallsOfTheSysroot() async throws {
    try await withFixture { fixture in
      let table = try await fixture.builder().systemCalls(of: .arm64)
      #expect(table == SystemCallTable(names: [0: "read"]))
    }
  }
}
