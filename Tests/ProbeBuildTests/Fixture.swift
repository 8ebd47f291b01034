import Catalogs
import Foundation
import Testing

@testable import ProbeBuild

/// A share root with one small probe and small C programs, in a directory that `withFixture`
/// removes.
struct Fixture {
  let directory: String

  /// A probe that needs no header: enough for a BPF object with BTF.
  static let probe = """
    #include "marks.h"
    #define SEC(name) __attribute__((section(name), used))
    struct { int (*type)[2]; int (*max_entries)[1]; int *key; long *value; } h_small SEC(".maps");
    SEC("raw_tp/sched_switch") int sched_switch__raw_tp(void *ctx) { return ctx == 0; }
    SEC("tp_btf/sched_switch") int sched_switch__tp_btf(void *ctx) { return MARK + (ctx == 0); }
    char LICENSE[] SEC("license") = "GPL";
    """

  var share: ShareRoot { ShareRoot(path: "\(directory)/share") }
  /// A probe of the share directory.
  func probe(_ name: String) -> ProbeSource {
    ProbeSource(name: name, path: "\(share.path)/bpf/\(name).bpf.c")
  }

  var cacheDirectory: String { "\(directory)/cache" }
  /// A line per call of clang.
  var calls: Int {
    let log = FileManager.default.contents(atPath: "\(directory)/calls") ?? Data()
    return log.filter { $0 == 0x0a }.count
  }

  func write(_ text: String, to path: String, mode: Int = 0o644) throws {
    let url = URL(fileURLWithPath: "\(directory)/\(path)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
  }

  /// A builder whose clang counts its calls and whose sysroot is empty.
  func builder() throws -> ProbeBuilder {
    let real = try Toolchain.find(environment: ProcessInfo.processInfo.environment)
    try write(
      "#!/bin/sh\necho called >>'\(directory)/calls'\nexec '\(real.compiler)' \"$@\"\n",
      to: "bin/clang", mode: 0o755)
    var environment = ProcessInfo.processInfo.environment
    environment["LATGATE_CLANG"] = "\(directory)/bin/clang"
    let home = URL(fileURLWithPath: real.compiler).deletingLastPathComponent().path
    environment["PATH"] = home + ":" + (environment["PATH"] ?? "")
    let sysroot = Sysroot(path: "\(directory)/sysroot")
    return ProbeBuilder(share: share, cacheDirectory: cacheDirectory, environment: environment) {
      _, _ in
      sysroot
    }
  }
}

/// Runs `body` with a fresh fixture.
func withFixture<T>(_ body: (Fixture) async throws -> T) async throws -> T {
  let fixture = Fixture(directory: NSTemporaryDirectory() + "probe-build-\(UUID().uuidString)")
  defer { try? FileManager.default.removeItem(atPath: fixture.directory) }
  try fixture.write(Fixture.probe, to: "share/bpf/small.bpf.c")
  try fixture.write("#define MARK 1\n", to: "share/bpf/include/marks.h")
  try fixture.write("", to: "share/targets/none")
  try fixture.write("#define __NR_read 0\n", to: "sysroot/usr/include/asm/unistd.h")
  return try await body(fixture)
}

/// The repository that these tests are part of.
let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

/// The probes that come with the tool, in order of their names.
func catalogueProbes() throws -> [ProbeSource] {
  try Catalog.load(root: repository).probes.values.map(ProbeSource.init)
    .sorted { $0.name < $1.name }
}
