import Foundation
import Testing

@testable import ProbeBuild

@Suite struct ProbeObjectTests {
  private func object() async throws -> [UInt8] {
    try await withFixture { fixture in
      let probe = fixture.probe("small")
      let artifact = try await fixture.builder().object(of: probe, abi: .arm64)
      return Array(try #require(FileManager.default.contents(atPath: artifact.path)))
    }
  }

  @Test func refusesEveryTruncation() async throws {
    let bytes = try await object()
    for count in 0..<bytes.count {
      #expect(throws: ProbeBuildError.self) {
        try ProbeObject.inspect(Array(bytes.prefix(count)), name: "cut")
      }
    }
  }

  @Test func survivesEveryFlippedByte() async throws {
    let bytes = try await object()
    var refused = 0
    for index in bytes.indices {
      for pattern: UInt8 in [0xff, 0x80, 0x01] {
        var damaged = bytes
        damaged[index] ^= pattern
        do {
          _ = try ProbeObject.inspect(damaged, name: "damaged")
        } catch is ProbeBuildError {
          refused += 1
        }
      }
    }
    #expect(refused > 0)
  }

  @Test func refusesOtherMachines() async throws {
    var bytes = try await object()
    bytes[18] = 183
    #expect(throws: ProbeBuildError.badObject(what: "x", reason: "not a BPF object")) {
      try ProbeObject.inspect(bytes, name: "x")
    }
  }

  @Test(arguments: [
    ("license", Fixture.probe.replacingOccurrences(of: "\"license\"", with: "\"other\"")),
    ("program", "char LICENSE[] __attribute__((section(\"license\"))) = \"GPL\";\n"),
  ])
  func saysWhatIsMissing(part: String, text: String) async throws {
    try await withFixture { fixture in
      try fixture.write(text, to: "share/bpf/part.bpf.c")
      let probe = fixture.probe("part")
      let error = await #expect(throws: ProbeBuildError.self) {
        try await fixture.builder().object(of: probe, abi: .arm64)
      }
      #expect(error?.description.contains("no \(part)") == true)
    }
  }
}
