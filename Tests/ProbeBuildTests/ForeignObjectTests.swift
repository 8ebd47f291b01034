import Catalogs
import Foundation
import Testing

@testable import ProbeBuild

/// Objects as other tools have them: in the manner of libbpf's, over its macros alone.
struct ForeignObjectTests {
  private static let head = """
    typedef unsigned int __u32;
    typedef unsigned long long __u64;
    #define SEC(name) __attribute__((section(name), used))
    #define __uint(name, val) int (*name)[val]
    #define __type(name, val) typeof(val) *name
    char LICENSE[] SEC("license") = "GPL";
    struct hist { __u32 slots[26]; char comm[16]; };

    """

  private static let maps = """
    struct hist_key { __u32 dev; char kind[8]; };
    struct bucket_key { char disk[16]; __u32 op; __u64 bucket; };
    struct {
    	__uint(type, 1);
    	__uint(max_entries, 64);
    	__type(key, struct hist_key);
    	__type(value, struct hist);
    } hists SEC(".maps");
    struct {
    	__uint(type, 5);
    	__uint(max_entries, 64);
    	__type(key, struct bucket_key);
    	__type(value, __u64);
    } latency SEC(".maps");
    struct {
    	__uint(type, 1);
    	__uint(max_entries, 64);
    	__type(key, __u32);
    	__type(value, __u64);
    } start SEC(".maps");
    struct hist by_vector[10] = {};
    __u32 hist_alone[26] = {};
    __u64 many[10] = {};
    __u64 counts[3] = {};
    const volatile __u32 targ_ms = 0;
    const volatile char targ_dist = 0;

    """

  private static let programs = """
    SEC("tp_btf/softirq_entry") int entry_btf(void *ctx) { return by_vector[0].slots[0] + hist_alone[0] + many[0]; }
    SEC("raw_tp/softirq_entry") int entry_raw(void *ctx) { return counts[0] + targ_ms + targ_dist; }
    SEC("fentry/do_fault") int fault(void *ctx) { return hists.type != 0; }
    SEC("kprobe/do_fault") int fault_kprobe(void *ctx) { return latency.type != start.type; }
    SEC("kretprobe/do_fault") int fault_return(void *ctx) { return 0; }

    """

  private static func object(_ text: String) throws -> [UInt8] {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("latgate-foreign-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try (head + text).write(toFile: "\(directory)/x.c", atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(
      fileURLWithPath: try Toolchain.find(environment: ProcessInfo.processInfo.environment).compiler
    )
    process.arguments = [
      "--target=bpf", "-O2", "-g", "-c", "\(directory)/x.c", "-o", "\(directory)/x.o",
    ]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return Array(try Data(contentsOf: URL(fileURLWithPath: "\(directory)/x.o")))
  }

  private func reason(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "none"
    } catch { return "\(error)" }
  }

  @Test("of several programs for one place the best is loaded that production kernels have")
  func programs() throws {
    let object = try ForeignObject(try Self.object(Self.maps + Self.programs), name: "x")
    #expect(try object.programs(hasBTF: true) == ["entry_btf", "fault_kprobe", "fault_return"])
    #expect(try object.programs(hasBTF: false) == ["entry_raw", "fault_kprobe", "fault_return"])
  }

  @Test("programs that do more than observe, and places of other kernels alone, are refused")
  func refused() throws {
    let fentry = try ForeignObject(
      try Self.object("SEC(\"fentry/do_fault\") int f(void *ctx) { return 0; }"), name: "x")
    #expect(reason { _ = try fentry.programs(hasBTF: true) }.contains("have no fentry"))
    let signal = try ForeignObject(
      try Self.object(
        "static long (*send)(__u32) = (void *)109;\n"
          + "SEC(\"kprobe/do_fault\") int f(void *ctx) { return send(9); }"), name: "x")
    #expect(reason { _ = try signal.programs(hasBTF: true) }.contains("calls bpf_send_signal"))
    let filter = try ForeignObject(
      try Self.object("SEC(\"xdp\") int f(void *ctx) { return 0; }"), name: "x")
    #expect(reason { _ = try filter.programs(hasBTF: true) }.contains("no observer"))
  }

  @Test("all programs of the best kind for a place are loaded, and none of the others")
  func severalPrograms() throws {
    let object = try ForeignObject(
      try Self.object(
        """
        SEC("raw_tp/softirq_entry") int raw_one(void *ctx) { return 0; }
        SEC("raw_tracepoint/softirq_entry") int raw_two(void *ctx) { return 0; }
        SEC("tp_btf/softirq_entry") int btf_one(void *ctx) { return 0; }
        SEC("tp_btf/softirq_entry") int btf_two(void *ctx) { return 0; }
        SEC("kprobe/softirq_entry") int function(void *ctx) { return 0; }
        """), name: "x")
    #expect(try object.programs(hasBTF: true).sorted() == ["btf_one", "btf_two", "function"])
    #expect(try object.programs(hasBTF: false) == ["raw_one", "function"])
  }

  @Test("functions that programs call may do no more than they")
  func calledFunctions() throws {
    let inside = try ForeignObject(
      try Self.object(
        """
        static long (*send)(__u32) = (void *)109;
        __attribute__((noinline)) int inner(int number) { return send(number); }
        SEC("kprobe/do_fault") int f(void *ctx) { return inner(9); }
        """), name: "x")
    #expect(reason { _ = try inside.programs(hasBTF: true) }.contains("calls bpf_send_signal"))
    let kernel = try ForeignObject(
      try Self.object(
        """
        extern void lg_of_kernel(void) __attribute__((section(".ksyms")));
        SEC("kprobe/do_fault") int f(void *ctx) { lg_of_kernel(); return 0; }
        """), name: "x")
    #expect(reason { _ = try kernel.programs(hasBTF: true) }.contains("calls lg_of_kernel"))
  }

  @Test("a section without a kind, and counts beyond their type, are refused without a trap")
  func malformed() throws {
    let nameless = try ForeignObject(
      try Self.object("SEC(\"/\") int f(void *ctx) { return 0; }"), name: "x")
    #expect(reason { _ = try nameless.programs(hasBTF: true) }.contains("no observer"))
    // `struct hist` of 0 bytes, though its members have 120.
    var bytes = try Self.object(Self.maps + Self.programs)
    let info: [UInt8] = [2, 0, 0, 4, 120, 0, 0, 0]
    let at = try #require(
      bytes.indices.dropLast(8).first { Array(bytes[$0..<$0 + 8]) == info })
    bytes[at + 4] = 0
    #expect(try ForeignObject(bytes, name: "x").histograms == ["hist_alone", "latency"])
  }

  @Test("histograms are found by the types of maps and variables")
  func histograms() throws {
    let object = try ForeignObject(try Self.object(Self.maps + Self.programs), name: "x")
    #expect(object.histograms == ["by_vector", "hist_alone", "hists", "latency"])
    let hists = try object.histogram("hists", last: nil)
    #expect(hists.map.counts == .slots(offset: 0, count: 26))
    #expect(hists.map.width == 4 && hists.map.valueSize == 120 && !hists.map.isPerCPU)
    #expect(hists.key.map(\.name) == ["dev", "kind"])
    #expect(hists.key.map(\.kind) == [.number, .text])
    let latency = try object.histogram("latency", last: 20)
    // The slot is no label; a hole before it is none, either.
    #expect(latency.map.counts == .bucket(offset: 24, size: 8, last: 20))
    #expect(latency.map.isPerCPU && latency.map.width == 8)
    #expect(latency.key.map(\.kind) == [.text, .number, .padding, .padding])
    #expect(latency.key.reduce(0) { $0 + $1.size } == 32)
    let vectors = try object.histogram("by_vector", last: nil).map
    #expect(vectors.map == ".bss" && vectors.elements == 10 && vectors.stride == 120)
    #expect(try object.histogram("hist_alone", last: nil).map.elements == 1)
    // Asked for by name, any array of numbers is one.
    #expect(try object.histogram("many", last: nil).map.counts == .slots(offset: 0, count: 10))
    #expect(
      reason { _ = try object.histogram("hist", last: nil) }.contains("did you mean 'hists'?"))
    #expect(reason { _ = try object.histogram("counts", last: nil) }.contains("by powers of two"))
  }

  @Test("a key without a struct is a number, or text; a union has the bytes of one member")
  func bareKeys() throws {
    func map(_ key: String, _ name: String) -> String {
      """
      struct {
      	__uint(type, 1);
      	__uint(max_entries, 64);
      	__type(key, \(key));
      	__type(value, struct hist);
      } \(name) SEC(".maps");

      """
    }
    let more =
      "union either { __u32 small; __u64 large; };\n" + map("char[16]", "by_text")
      + map("union either", "by_union") + map("__u32[3]", "by_list") + map("__u64", "by_number")
    let object = try ForeignObject(try Self.object(Self.maps + more + Self.programs), name: "x")
    let kinds: [(String, KeyField.Kind, Int)] = [
      ("by_text", .text, 16), ("by_union", .padding, 8), ("by_list", .padding, 12),
      ("by_number", .number, 8),
    ]
    for (name, kind, size) in kinds {
      let key = try object.histogram(name, last: nil).key
      #expect(key.map(\.kind) == [kind] && key.map(\.size) == [size], "\(name)")
    }
  }

  @Test("constants are set in the object, and nothing else")
  func settings() throws {
    let bytes = try Self.object(Self.maps + Self.programs)
    let object = try ForeignObject(bytes, name: "x")
    let set = try object.setting(["targ_ms": 0x0102_0304, "targ_dist": 1])
    #expect(zip(bytes, set).filter { $0 != $1 }.map(\.1).sorted() == [1, 1, 2, 3, 4])
    #expect(try object.setting([:]) == bytes)
    #expect(
      reason { _ = try object.setting(["targ_dst": 1]) }.contains("did you mean 'targ_dist'?"))
    #expect(reason { _ = try object.setting(["targ_dist": 256]) }.contains("does not fit"))
  }

  @Test("any bytes are refused without a trap")
  func anyBytes() throws {
    let bytes = try Self.object(Self.maps + Self.programs)
    for count in stride(from: 0, to: bytes.count, by: 37) {
      _ = try? ForeignObject(Array(bytes.prefix(count)), name: "cut")
    }
    for index in stride(from: 0, to: bytes.count, by: 5) {
      var damaged = bytes
      damaged[index] ^= 0xff
      guard let object = try? ForeignObject(damaged, name: "damaged") else { continue }
      _ = try? object.programs(hasBTF: true)
      _ = try? object.setting(["targ_ms": 1])
      for name in object.histograms { _ = try? object.histogram(name, last: nil) }
    }
  }
}
