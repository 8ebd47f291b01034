import Foundation
import KernelTypes

/// A kernel's types, by the first byte as BTF or as an ELF file, as `preflight` asks them.
struct KernelFuzz: Sendable {
  /// Reads some fields, as a probe does.
  private let object: CoreObject
  /// What `--against` compares with.
  private let before: BTFTypes

  /// Reads the object that `FUZZ_OBJECT` names; its types alone go to the file `FUZZ_TYPES`.
  init() {
    let environment = ProcessInfo.processInfo.environment
    let data = FileManager.default.contents(atPath: environment["FUZZ_OBJECT"] ?? "")
    guard let data, let file = try? ELFReader(data), let section = file.section(".BTF"),
      let object = try? CoreObject([UInt8](data)),
      let before = try? BTFTypes(file.contents(of: section))
    else { fatalError("FUZZ_OBJECT is no object with types") }
    self.object = object
    self.before = before
    if let path = environment["FUZZ_TYPES"] {
      FileManager.default.createFile(atPath: path, contents: Data(before.bytes))
    }
  }

  @Sendable func run(_ input: [UInt8]) {
    guard let kind = input.first else { return }
    let rest = Array(input.dropFirst())
    if kind % 2 == 0 { types(rest) } else { file(rest) }
  }

  private func types(_ bytes: [UInt8]) {
    guard let types = try? BTFTypes(bytes) else { return }
    for id in 0..<UInt32(min(types.count, 64)) {
      _ = types.text(of: id)
      _ = types.size(of: id, pointerSize: types.pointerSize)
    }
    // The object is sound, so that whatever the kernel's types are has an answer.
    check((try? object.answers(from: types)) != nil, "every kernel answers")
    let probe = KernelComparer.Probe(
      name: "p", object: object, tracepoints: ["sched_switch"], events: ["sched_switch"],
      functions: ["finish"])
    check(
      (try? KernelComparer(before: before, after: types).compare([probe])) != nil,
      "every kernel compares")
  }

  private func file(_ bytes: [UInt8]) {
    guard let file = try? ELFReader(bytes) else { return }
    _ = try? file.symbols()
    _ = try? file.calledUndefinedSymbols()
    _ = BuildIDNote.find(in: file)
    if let object = try? CoreObject(bytes) { _ = try? object.answers(from: before) }
  }
}
