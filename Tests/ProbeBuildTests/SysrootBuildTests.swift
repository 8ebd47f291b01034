import Foundation
import Testing

@testable import ProbeBuild

/// Real cross builds against Debian sysroots.
@Suite(
  .enabled(
    if: ProcessInfo.processInfo.environment["LATGATE_E2E"] == "1",
    "set LATGATE_E2E=1: needs mmdebstrap and a Debian mirror"))
struct SysrootBuildTests {
  @Test(arguments: [(TargetABI.arm64, 183, 2), (.armv7, 40, 1), (.x86_64, 62, 2)])
  func buildsStaticProgramsForEveryABI(abi: TargetABI, machine: Int, elfClass: Int) async throws {
    try await withFixture { fixture in
      try fixture.write(
        """
        #include <bpf/libbpf.h>
        int core(void);
        /* What the agent puts into the place of libbpf's. */
        struct btf *__wrap_btf__load_vmlinux_btf(void);
        struct btf *__wrap_btf__load_vmlinux_btf(void) { return NULL; }
        int __wrap_bpf_btf_get_next_id(unsigned start, unsigned *next);
        int __wrap_bpf_btf_get_next_id(unsigned start, unsigned *next) { return next ? (int)start : 0; }
        int main(void) { return core() + (int)libbpf_major_version(); }
        """, to: "share/Sources/Device/latgate-agent/main.c")
      try fixture.write(
        "int core(void) { return 1; }\n", to: "share/Sources/Device/AgentCore/core.c")
      try fixture.write(
        "int main(void) { return 0; }\n", to: "share/Sources/Device/latgate-load/main.c")
      let builder = try ProbeBuilder(share: fixture.share, cacheDirectory: fixture.cacheDirectory)
      let bundle = try await builder.build(abi: abi, probes: [fixture.probe("small")])
      #expect(bundle.objects.keys.sorted() == ["small"])
      for artifact in [bundle.agent, bundle.loadHelper] {
        let bytes = try #require(FileManager.default.contents(atPath: artifact.path))
        #expect(bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, UInt8(elfClass), 1]))
        #expect(Int(bytes[18]) | Int(bytes[19]) << 8 == machine)
        #expect(bytes.range(of: Data("/lib/ld-".utf8)) == nil, "a static program has no loader")
        #expect(FileManager.default.isExecutableFile(atPath: artifact.path))
      }
      let again = try await builder.build(abi: abi, probes: [fixture.probe("small")]) { _ in
        Issue.record("built again")
      }
      #expect(again == bundle)
    }
  }

  @Test(arguments: [
    (TargetABI.arm64, 56, 98), (.armv7, 322, 240), (.x86_64, 257, 202),
  ])
  func namesSystemCalls(abi: TargetABI, openat: Int, futex: Int) async throws {
    let directory = NSTemporaryDirectory() + "probe-build-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let builder = try ProbeBuilder(share: ShareRoot(path: directory), cacheDirectory: directory)
    let table = try await builder.systemCalls(of: abi)
    #expect(table.name(openat) == "openat")
    #expect(table.name(futex) == "futex")
    #expect(table.names.count > 280)
  }

  @Test(arguments: [
    (TargetABI.arm64, AgentProgram.agent, 1_200_000), (.armv7, .agent, 800_000),
    (.x86_64, .agent, 1_400_000), (.arm64, .fieldAgent, 2_000_000),
    (.armv7, .fieldAgent, 1_400_000), (.x86_64, .fieldAgent, 2_300_000),
  ])
  func theAgentIsSmallAndTheSameAnywhere(
    abi: TargetABI, program: AgentProgram, limit: Int
  ) async throws {
    try await withFixture { fixture in
      try FileManager.default.copyItem(
        atPath: "\(repository)/Sources", toPath: "\(fixture.share.path)/Sources")
      var hashes: Set<String> = []
      for share in [fixture.share, ShareRoot(path: repository)] {
        let builder = try ProbeBuilder(
          share: share, cacheDirectory: "\(fixture.cacheDirectory)/\(hashes.count)")
        let agent = try await builder.context(abi) { _ in }.program(program)
        #expect(agent.size < limit)
        hashes.insert(agent.hash)
      }
      #expect(hashes.count == 1)
    }
  }

  @Test(arguments: TargetABI.allCases)
  func compilesEveryProbeOfTheCatalogue(abi: TargetABI) async throws {
    let directory = NSTemporaryDirectory() + "probe-build-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let builder = try ProbeBuilder(share: ShareRoot(path: repository), cacheDirectory: directory)
    let probes = try catalogueProbes()
    try #require(!probes.isEmpty)
    #expect(
      probes.filter(\.isScopable).map(\.name) == [
        "alarm", "alarmprofile", "audio", "binder", "cachestat", "dns", "execsnoop", "f2fs",
        "fault", "fence", "file", "fileslower", "fsync", "fuse", "futex", "i2c", "journal", "lock",
        "offcpu", "offprofile", "oomkill", "opensnoop", "process", "profile", "reclaim",
        "regulator", "runqueue", "sleep", "swap", "syscall", "workqueue", "writeback",
      ])
    try await withThrowingTaskGroup(of: Void.self) { group in
      for probe in probes {
        group.addTask {
          let object = try await builder.object(of: probe, abi: abi)
          #expect(object.size > 0)
          // A scope is the same code on each of them.
          guard abi == .arm64, probe.isScopable else { return }
          let scoped = try await builder.object(of: probe.scoped, abi: abi)
          #expect(scoped.hash != object.hash, "\(probe.name)")
        }
      }
      try await group.waitForAll()
    }
  }
}
