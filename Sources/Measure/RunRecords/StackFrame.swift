/// A frame as it is compared and drawn: the function, without the place in it.
package struct StackFrame: Sendable, Hashable {
  package enum Side: Sendable, Hashable, Comparable {
    /// Whose stack it is: the labels of the metric.
    case label
    case user
    case kernel
  }

  package var side: Side
  /// A function; `[libc.so.6]`, `[00ff1122]` or `[unknown]` for code without a name.
  package var name: String

  /// Whether only the file is known, or nothing.
  fileprivate var isUnnamed: Bool { side != .label && name.hasPrefix("[") }

  package init(_ side: Side, _ name: String) {
    self.side = side
    self.name = name
  }
}

extension StackFrame: Comparable {
  package static func < (one: Self, other: Self) -> Bool {
    (one.name, one.side) < (other.name, other.side)
  }
}

/// Names for a record's stacks.
package struct StackNames: Sendable {
  private let kernel: [String: String]
  private let files: [String: SymbolsRecord.File]

  /// - Parameter symbols: nil where the record has none; addresses then stand for themselves.
  package init(_ symbols: SymbolsRecord?) {
    kernel = symbols?.kernel ?? [:]
    files = Dictionary((symbols?.files ?? []).map { ($0.buildID, $0) }) { first, _ in first }
  }

  /// The frames from the outermost to the innermost: the labels, the process, the kernel. What has no name
  /// and comes from the same file is one frame.
  package func frames(of stack: StacksRecord.Stack, labels: [String: String]) -> [StackFrame] {
    let whose = Self.text(of: labels)
    var frames = whose.isEmpty ? [] : [StackFrame(.label, whose)]
    for next in stack.user.reversed().map(frame) + kernel(of: stack).reversed().map(frame)
    where !next.isUnnamed || next != frames.last {
      frames.append(next)
    }
    return frames
  }

  /// The kernel's frames, the innermost first, without those of the probe itself.
  package func kernel(of stack: StacksRecord.Stack) -> ArraySlice<String> {
    stack.kernel.drop { address in
      guard let name = kernel[address] else { return false }
      return Self.ofProbes.contains { name.hasPrefix($0) }
    }
  }

  /// Programs, and what calls them at a tracepoint.
  private static let ofProbes = [
    "bpf_prog_", "bpf_trace_run", "bpf_trampoline_", "trace_call_bpf", "__bpf_trace_",
    "__traceiter_",
  ]

  /// `comm, class, …`: the name of a process first.
  package static func text(of labels: [String: String]) -> String {
    labels.sorted { ($0.key != "comm" ? 1 : 0, $0.key) < ($1.key != "comm" ? 1 : 0, $1.key) }
      .map(\.value).joined(separator: ", ")
  }

  package func frame(_ address: String) -> StackFrame {
    StackFrame(.kernel, kernel[address].map(Self.function) ?? "[unknown]")
  }

  package func frame(_ frame: StacksRecord.Frame) -> StackFrame {
    guard let id = frame.buildID else { return StackFrame(.user, "[unknown]") }
    let file = files[id]
    return StackFrame(
      .user, file?.symbols[frame.address].map(Self.function) ?? "[\(Self.name(of: file, id))]")
  }

  /// With the place in the function; an address, or build-id and offset, without a name.
  package func text(_ address: String) -> String { kernel[address] ?? "0x\(address)" }

  package func text(_ frame: StacksRecord.Frame) -> String {
    guard let id = frame.buildID else { return "0x\(frame.address)" }
    let file = files[id]
    return file?.symbols[frame.address]
      ?? "\(file?.path == nil ? id : Self.name(of: file, id))+0x\(frame.address)"
  }

  /// What stands before the offset; a name may have a plus of its own.
  private static func function(_ text: String) -> String {
    guard let end = text.ranges(of: "+0x").last else { return text }
    return String(text[..<end.lowerBound])
  }

  private static func name(of file: SymbolsRecord.File?, _ id: String) -> String {
    guard let path = file?.path else { return String(id.prefix(8)) }
    return path.split(separator: "/").last.map(String.init) ?? path
  }
}
