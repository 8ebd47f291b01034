import KernelTypes

/// Makes BTF for tests: what is described is encoded by the format's documentation
/// (kernel: `Documentation/bpf/btf.rst`).
struct TypeBuilder {
  private var types: [UInt8] = []
  private var strings: [UInt8] = [0]
  private(set) var count: UInt32 = 0

  mutating func name(_ text: String) -> UInt32 {
    if text.isEmpty { return 0 }
    let offset = UInt32(strings.count)
    strings += Array(text.utf8) + [0]
    return offset
  }

  private mutating func put(_ words: UInt32...) {
    for word in words { types += withUnsafeBytes(of: word.littleEndian) { Array($0) } }
  }

  /// A type of any kind by its three words and what follows them.
  mutating func raw(
    _ kind: UInt32, _ name: String = "", count members: Int = 0, flag: Bool = false,
    third: UInt32, rest: [UInt32] = []
  ) -> UInt32 {
    put(self.name(name), (flag ? 1 << 31 : 0) | kind << 24 | UInt32(members), third)
    for word in rest { put(word) }
    count += 1
    return count
  }

  mutating func integer(_ name: String, bytes: UInt32, signed: Bool = false) -> UInt32 {
    raw(1, name, third: bytes, rest: [(signed ? 1 << 24 : 0) | bytes * 8])
  }

  mutating func pointer(_ type: UInt32) -> UInt32 { raw(2, third: type) }

  mutating func structure(
    _ name: String, bytes: UInt32, _ members: [(name: String, type: UInt32, bits: UInt32)],
    flag: Bool = false, kind: UInt32 = 4
  ) -> UInt32 {
    let rest = members.flatMap { [self.name($0.name), $0.type, $0.bits] }
    return raw(kind, name, count: members.count, flag: flag, third: bytes, rest: rest)
  }

  mutating func typedef(_ name: String, _ type: UInt32) -> UInt32 { raw(8, name, third: type) }

  mutating func prototype(_ result: UInt32, _ parameters: [UInt32]) -> UInt32 {
    raw(13, count: parameters.count, third: result, rest: parameters.flatMap { [0, $0] })
  }

  mutating func function(_ name: String, _ prototype: UInt32) -> UInt32 {
    raw(12, name, third: prototype)
  }

  /// A tracepoint as the kernel's BTF describes it.
  mutating func tracepoint(_ name: String, _ arguments: [UInt32]) {
    let void = pointer(0)
    let prototype = prototype(0, [void] + arguments)
    _ = typedef("btf_trace_\(name)", pointer(prototype))
  }

  var bytes: [UInt8] {
    func words(_ words: Int...) -> [UInt8] {
      words.flatMap { word in withUnsafeBytes(of: UInt32(word).littleEndian) { Array($0) } }
    }
    return [0x9f, 0xeb, 1, 0] + words(24, 0, types.count, types.count, strings.count) + types
      + strings
  }
}
