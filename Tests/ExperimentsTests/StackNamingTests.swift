import Devices
import Foundation
import Glibc
import KernelTypes
import RunRecords
import Testing

@testable import Experiments

/// This machine, with symbols of a kernel that are given.
private struct Machine: Device {
  var kallsyms: String

  let name = "machine"
  private let local = LocalDevice()

  func exec(_ command: String, timeout: Duration) async throws -> ExecResult {
    if command.hasSuffix("cat /proc/kallsyms") {
      return ExecResult(
        exitCode: 0, standardOutput: Array(kallsyms.utf8), standardError: [])
    }
    return try await local.exec(command, timeout: timeout)
  }

  func stream(_ command: String) async throws -> any DeviceStream {
    try await local.stream(command)
  }
  func push(_ localPath: String, to remotePath: String, mode: UInt32) async throws {
    try await local.push(localPath, to: remotePath, mode: mode)
  }
  func pull(_ remotePath: String, to localPath: String) async throws {
    try await local.pull(remotePath, to: localPath)
  }
  func identify() async throws -> DeviceIdentity { try await local.identify() }
  func reboot() async throws {}
  func waitUntilReady(timeout: Duration) async throws {}
}

/// Names of a run's addresses, the files being those of this test's own process.
struct StackNamingTests {
  private func naming(_ kallsyms: String) -> StackNaming {
    StackNaming(device: Machine(kallsyms: kallsyms), abi: "x86_64", directories: [])
  }

  private func iteration(_ stacks: [StacksRecord.Stack]) -> IterationRecord {
    IterationRecord(
      index: 0, kind: .measured, startedUptimeNs: 0,
      phases: [
        PhaseRecord(
          name: "p", durationNs: 1, drainNs: 0,
          stacks: [StacksRecord(metric: "profile.cpu", unit: "ns", stacks: stacks, dropped: 0)])
      ])
  }

  private static let symbols = """
    ffffffff81000000 T first
    ffffffff81000100 t second
    ffffffffc0000000 t third\t[odd]

    """

  /// Where a call returns to is not where it is made: behind the last instruction of `first` begins
  /// `second`.
  @Test func kernelFramesGetTheFunctionThatCalls() async throws {
    let stack = StacksRecord.Stack(
      count: 1, sum: 1, kernel: ["ffffffff81000104", "ffffffff81000100", "ffffffffc0000008", "10"],
      user: [])
    let record = try #require(try await naming(Self.symbols).names([iteration([stack])]))
    #expect(
      record.kernel == [
        "ffffffff81000104": "second+0x4", "ffffffff81000100": "first+0x100",
        "ffffffffc0000008": "third+0x8 [odd]",
      ])
    #expect(record.notes == [] && record.files == [])
  }

  @Test func aKernelThatHidesItsAddressesIsReported() async throws {
    let stack = StacksRecord.Stack(count: 1, sum: 1, kernel: ["ffffffff81000104"], user: [])
    let hidden = try #require(
      try await naming("0000000000000000 T first\n").names([iteration([stack])]))
    #expect(hidden.kernel.isEmpty)
    #expect(hidden.notes.count == 1 && hidden.notes[0].contains("kernel.kptr_restrict"))
    let none = try #require(try await naming("").names([iteration([stack])]))
    #expect(none.notes.count == 1 && none.notes[0].contains("CONFIG_KALLSYMS"))
  }

  /// The C library of this process, by its build-id, and a function that everyone may call.
  @Test func filesAreFoundByTheirBuildID() async throws {
    let maps = try await LocalDevice().exec(
      "cat /proc/\(ProcessInfo.processInfo.processIdentifier)/maps", timeout: .seconds(20))
    let line = try #require(
      maps.text.split(separator: "\n").first { $0.contains(" r-xp ") && $0.hasSuffix("/libc.so.6") }
    )
    let path = String(try #require(line.split(separator: " ").last))
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let head = try ELFHead(data)
    let id = try #require(head.buildID)
    let reader = try ELFReader(data)
    let function = try #require(
      try reader.dynamicSymbols().first { $0.name == "qsort" && $0.section > 0 })
    let code = try #require(
      head.segments.first {
        $0.isExecutable && $0.address <= function.value
          && function.value - $0.address < UInt64($0.file.count)
      })
    let offset = function.value - code.address + code.file.lowerBound
    let inside = String(offset + 3, radix: 16)
    let stack = StacksRecord.Stack(
      count: 1, sum: 1, kernel: [],
      user: [
        .init(buildID: id, address: inside), .init(buildID: "0123456789abcdef", address: "10"),
        .init(address: "7f00"),
      ])
    let record = try #require(try await naming(Self.symbols).names([iteration([stack])]))
    let file = try #require(record.files.first { $0.buildID == id })
    #expect(file.path?.hasSuffix("/libc.so.6") == true)
    #expect(file.symbols == [inside: "qsort+0x3"])
    #expect(record.files.count == 2)
    #expect(
      record.notes.contains { $0.hasPrefix("1 of 2 files in stacks are mapped by no process") })
    #expect(record.notes.contains { $0.hasPrefix("1 frames of processes are addresses") })

    // Without a process that has it, a directory will do: by what is in the file, or by its name.
    let directory = NSTemporaryDirectory() + "stack-naming-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let kept = "\(directory)/deep/.build-id/\(id.prefix(2))"
    try FileManager.default.createDirectory(atPath: kept, withIntermediateDirectories: true)
    try data.write(to: URL(fileURLWithPath: "\(kept)/any"))
    #expect(mkfifo("\(kept)/pipe", 0o600) == 0)
    #expect(try SymbolDirectory([directory]).files(of: [id, "ff"]) == [id: "\(kept)/any"])
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: "\(kept)/\(id.dropFirst(2)).debug"))
    #expect(
      try SymbolDirectory(["\(directory)/deep"]).files(of: [id])[id] == "\(kept)/any",
      "the one with the most bytes")
    try FileManager.default.removeItem(atPath: "\(kept)/any")
    #expect(
      try SymbolDirectory(["\(directory)/deep"]).files(of: [id])[id]?.hasSuffix(".debug") == true)
    let interrupted = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try SymbolDirectory([directory]).files(of: [id])
    }
    await #expect(throws: CancellationError.self) { try await interrupted.value }
  }

  /// A program with nothing but a build-id.
  private func program(_ id: [UInt8]) -> Data {
    let note: [UInt8] =
      [4, 0, 0, 0, UInt8(id.count), 0, 0, 0, 3, 0, 0, 0] + Array("GNU\0".utf8) + id
    var bytes = [UInt8](repeating: 0, count: 64 + 56)
    bytes.replaceSubrange(0..<6, with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
    // e_machine, e_phoff, e_phentsize and e_phnum; then PT_NOTE with its place and size.
    for (place, value) in [
      (18, 62), (32, 64), (54, 56), (56, 1), (64, 4), (64 + 8, 120), (64 + 32, note.count),
    ] { bytes[place] = UInt8(value) }
    return Data(bytes + note)
  }

  /// One of 256 ends so. Frames have it without them, as the kernel fills short ones with zeros.
  @Test(arguments: [16, 20])
  func aBuildIDThatEndsWithZerosIsFound(count: Int) throws {
    let directory = NSTemporaryDirectory() + "stack-naming-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let id = Array(1..<UInt8(count)) + [0]
    let (whole, frame) = (id.hexadecimal, id.dropLast().hexadecimal)
    let kept = "\(directory)/other/.build-id/\(whole.prefix(2))"
    try FileManager.default.createDirectory(atPath: kept, withIntermediateDirectories: true)
    try program(id).write(to: URL(fileURLWithPath: "\(directory)/program"))
    #expect(
      try SymbolDirectory([directory]).files(of: [frame]) == [frame: "\(directory)/program"])
    let debug = "\(kept)/\(whole.dropFirst(2)).debug"
    try Data([1]).write(to: URL(fileURLWithPath: debug))
    #expect(try SymbolDirectory(["\(directory)/other"]).files(of: [frame]) == [frame: debug])
    #expect(try SymbolDirectory([directory]).files(of: [whole])[whole] == "\(directory)/program")
  }

  @Test func aRunWithoutStacksAsksNothing() async throws {
    #expect(try await naming("").names([iteration([])]) == nil)
  }
}
