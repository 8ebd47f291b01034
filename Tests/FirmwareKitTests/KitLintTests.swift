import Foundation
import Testing

@testable import FirmwareKit
@testable import ProbeBuild

@Suite struct KitLintTests {
  private static let map = """
    struct { int (*type)[2]; int (*max_entries)[1]; int *key; long *value; } NAME SEC(".maps");
    """

  /// A probe without any header, as compiled for bpfloader or as it is.
  private func probe(
    map: String = "h_small", license: String = "GPL", extra: String = "", pinned: Bool = true
  ) async throws -> KitProbe {
    let directory = NSTemporaryDirectory() + "kit-lint-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let bpf = "\(directory)/share/bpf"
    try FileManager.default.createDirectory(atPath: bpf, withIntermediateDirectories: true)
    let source = """
      #define SEC(name) __attribute__((section(name), used))
      \(Self.map.replacingOccurrences(of: "NAME", with: map))
      \(extra)
      SEC("raw_tp/sched_switch") int sched_switch__raw_tp(void *ctx) { return ctx == 0; }
      #ifndef LG_WINDOW_MAP
      SEC("tp_btf/sched_switch") int sched_switch__tp_btf(void *ctx) { return ctx == 0; }
      #endif
      char LICENSE[] SEC("license") = "\(license)";
      """
    try Data(source.utf8).write(to: URL(fileURLWithPath: "\(bpf)/small.bpf.c"))
    let builder = ProbeBuilder(
      share: ShareRoot(path: "\(directory)/share"), cacheDirectory: "\(directory)/cache",
      environment: ProcessInfo.processInfo.environment
    ) { _, _ in Sysroot(path: "\(directory)/sysroot") }
    let small = ProbeSource(name: "small", path: "\(bpf)/small.bpf.c")
    let artifact =
      pinned
      ? try await builder.pinnedObject(of: small, abi: .arm64)
      : try await builder.object(of: small, abi: .arm64)
    let bytes = try #require(FileManager.default.contents(atPath: artifact.path))
    return try KitProbe(name: "small", bytes: Array(bytes))
  }

  private func android(_ probe: KitProbe) -> [KitFile] {
    AndroidKit(abi: .arm64, agent: [1], probes: [probe]).files
  }

  private func problems(_ files: [KitFile]) -> [String] {
    KitLint(files).problems().map(\.description)
  }

  @Test func aKitAsWrittenIsFine() async throws {
    let files = android(try await probe())
    #expect(problems(files) == [])
    let manifest = try #require(files.first { $0.path.hasSuffix("small.pins") })
    let text = String(decoding: manifest.content, as: UTF8.self)
    #expect(text.contains("\nwindow\tlg_window_map\t0\t16\t4\t8\t12\nmap\th_small\n"))
    #expect(
      text.contains(
        "hook\tsched_switch\traw_tp\tsched_switch__raw_tp\traw_tp/sched_switch\t0\t\n"))
  }

  @Test func anEmptyDirectoryIsNoKit() {
    #expect(problems([]).count == 1)
  }

  @Test func vendorPartitionsTakeSocketFiltersAlone() async throws {
    var files = android(try await probe())
    for index in files.indices where files[index].path.hasSuffix("small.bpf") {
      files[index].path = "root/vendor/etc/bpf/small.o"
    }
    #expect(problems(files).contains { $0.contains("only socket filters") })
  }

  @Test func whatWouldCostTheWholeObjectIsRefused() async throws {
    let withBTF = android(try await probe(pinned: false))
    #expect(problems(withBTF).contains { $0.contains("section 'tp_btf/sched_switch'") })
    let extra =
      "int counted; SEC(\"raw_tp/x\") int x__raw_tp(void *c) { return c ? counted++ : 0; }"
    let withData = android(try await probe(extra: extra))
    #expect(problems(withData).contains { $0.contains("section .bss") })
    let long = android(try await probe(map: "h_" + String(repeating: "x", count: 250)))
    #expect(problems(long).contains { $0.contains("is no name for a pin") })
    let foreign = android(try await probe(license: "Proprietary"))
    #expect(problems(foreign).contains { $0.contains("license 'Proprietary'") })
  }

  @Test func everyMapAndProgramNeedsARow() async throws {
    var files = android(try await probe())
    for index in files.indices where files[index].path == AndroidKit.descriptors {
      let text = String(decoding: files[index].content, as: UTF8.self)
      files[index].content = Array(
        text.split(separator: "\n").filter { !$0.contains("h_small") }.joined(separator: "\n").utf8)
    }
    #expect(problems(files).contains { $0.contains("no row for 'h_small'") })
    files.removeAll { $0.path == AndroidKit.descriptors }
    #expect(problems(files).contains { $0.contains("no row for /etc/bpf/latgate/small.bpf") })
  }

  @Test func theManifestNamesWhatIsLoaded() async throws {
    var files = android(try await probe())
    for index in files.indices where files[index].path.hasSuffix(".pins") {
      let text = String(decoding: files[index].content, as: UTF8.self)
      files[index].content = Array(text.replacingOccurrences(of: "switch__", with: "x").utf8)
    }
    #expect(problems(files).contains { $0.contains("names other programs") })
    files.removeAll { $0.path.hasSuffix(".pins") }
    #expect(problems(files).contains { $0.contains("small.pins: is missing") })
  }

  @Test func policyAndServiceAreHeldAgainstThePlatform() async throws {
    var files = android(try await probe())
    files.append(
      KitFile(path: "sepolicy/more.te", text: "\nallow shell self:bpf { prog_load };\n"))
    files.append(
      KitFile(path: "root/system/etc/init/x.rc", text: "service x /system/bin/x\n  user root\n"))
    let found = problems(files)
    #expect(found.contains { $0.hasPrefix("sepolicy/more.te:2: lets another domain") })
    #expect(found.contains { $0.contains("would run as root") })
    #expect(found.contains { $0.contains("starts /system/bin/x, which the kit does not have") })
  }

  @Test func damagedObjectsAreNamed() async throws {
    var files = android(try await probe())
    for index in files.indices where files[index].path.hasSuffix("small.bpf") {
      files[index].content.removeLast(files[index].content.count / 2)
    }
    #expect(problems(files).contains { $0.hasPrefix("root/system/etc/bpf/latgate/small.bpf: ") })
  }

  @Test func theLoaderOfEmbeddedLinuxMustStart() async throws {
    var files = LinuxKit(
      abi: .armv7, agent: [1], probes: [try await probe(pinned: false)], group: 7,
      allowsUnprivilegedBPF: true
    ).files
    #expect(problems(files) == [])
    let script = try #require(files.first { $0.path.hasSuffix("S20latgate") })
    #expect(
      String(decoding: script.content, as: UTF8.self)
        .contains("latgate-agent pin --group 7 --unprivileged-bpf"))
    files.removeAll { $0.path.hasSuffix("latgate-agent") }
    #expect(problems(files).contains { $0.contains("is missing or not executable") })
  }
}
