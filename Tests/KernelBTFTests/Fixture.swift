import Catalogs
import Foundation
import KernelBTF
import KernelTypes
import Testing

@testable import ProbeBuild

/// A directory with small kernels and probes made by the toolchain's clang, removed by
/// `withFixture`.
struct Fixture {
  let directory: String

  /// Enough of an arm64 kernel: a task, saved registers, a tracepoint and a function.
  static let kernel = """
    struct pt_regs { unsigned long regs[31]; unsigned long orig_x0; } registers;
    struct task_struct { volatile long state; unsigned int flags; struct { int deep; }; } task;
    struct request_queue { int id; };
    typedef void (*btf_trace_sched_switch)(void *, struct task_struct *, struct task_struct *);
    typedef void (*btf_trace_block_issue)(void *, struct request_queue *);
    btf_trace_sched_switch switched;
    btf_trace_block_issue issued;
    int vfs_sync(struct task_struct *who) { return who->flags; }
    void _start(void) { vfs_sync(&task); }

    """

  /// Reads `flags`, and `state` under whichever name it has.
  static let probe = """
    #define SEC(name) __attribute__((section(name), used))
    #define CORE __attribute__((preserve_access_index))
    #define exists(field) __builtin_preserve_field_info(field, 2)
    struct task_struct { volatile long state; unsigned int flags; } CORE;
    struct task_struct___new { unsigned int __state; } CORE;
    static inline __attribute__((always_inline)) long state_of(struct task_struct *task) {
      struct task_struct___new *changed = (void *)task;
      if (exists(changed->__state)) return changed->__state;
      return task->state;
    }
    SEC("tp_btf/sched_switch") int sched_switch__tp_btf(unsigned long *ctx) {
      struct task_struct *task = (void *)ctx[1];
      return task->flags + state_of(task);
    }
    SEC("raw_tp/sched_switch") int sched_switch__raw_tp(unsigned long *ctx) {
      struct task_struct *task = (void *)ctx[1];
      return task->flags + state_of(task);
    }
    SEC("kprobe/vfs_sync") int opt_vfs_sync__kprobe(void *ctx) { return ctx == 0; }
    char LICENSE[] SEC("license") = "GPL";

    """

  var cache: BuildCache { BuildCache(directory: "\(directory)/cache") }
  var reader: KernelFileReader { KernelFileReader(cache: cache) }

  func path(_ name: String) -> String { "\(directory)/\(name)" }

  func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  /// BTF of C source.
  func btf(_ source: String = Fixture.kernel) throws -> [UInt8] {
    let object = try compile(source, ["--target=bpf", "-O0", "-c"], to: "kernel.o")
    let elf = try ELFReader([UInt8](Data(contentsOf: URL(fileURLWithPath: object))))
    return elf.contents(of: try #require(elf.section(".BTF")))
  }

  /// A linked program with DWARF and, as this build-id, 20 times the same byte.
  func vmlinux(_ source: String = Fixture.kernel, id: String = "ab") throws -> String {
    let buildID = "0x" + String(repeating: id, count: 20)
    return try compile(
      source,
      ["-O0", "-nostdlib", "-static", "-fuse-ld=lld", "-gdwarf-4", "-Wl,--build-id=\(buildID)"],
      to: "vmlinux")
  }

  /// A probe's object.
  func object(_ source: String = Fixture.probe, name: String = "small") throws -> BuildArtifact {
    let path = try compile(
      source, ["--target=bpf", "-mcpu=v2", "-O2", "-c"], to: "\(name).bpf.o")
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return BuildArtifact(path: path, hash: "\(data.hashValue)", size: data.count)
  }

  func compile(_ source: String, _ flags: [String], to name: String) throws -> String {
    let toolchain = try Toolchain.find(environment: ProcessInfo.processInfo.environment)
    let input = try write(source.utf8, to: "\(name).c")
    try run(toolchain.compiler, ["--no-default-config", "-g"] + flags + [input, "-o", path(name)])
    return path(name)
  }

  func run(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(
      fileURLWithPath: program.hasPrefix("/") ? program : "/usr/bin/\(program)")
    process.arguments = arguments
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(program) \(arguments)")
  }
}

/// Runs `body` with a fresh fixture.
func withFixture<T>(_ body: (Fixture) async throws -> T) async throws -> T {
  let fixture = Fixture(directory: NSTemporaryDirectory() + "kernel-btf-\(UUID().uuidString)")
  try FileManager.default.createDirectory(
    atPath: fixture.directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: fixture.directory) }
  return try await body(fixture)
}

/// The probes that come with the tool, in order of their names.
func catalogueProbes(of repository: String) throws -> [ProbeSource] {
  try Catalog.load(root: repository).probes.values.map(ProbeSource.init)
    .sorted { $0.name < $1.name }
}

/// The repository that these tests are part of.
let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
