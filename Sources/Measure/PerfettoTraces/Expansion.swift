import CZlib
import CZstd

/// Unpacks compressed bytes, up to a limit.
enum Expansion {
  case deflate
  case gzip
  /// Deflate without a header, as in zip files.
  case rawDeflate
  case zstd

  /// Why bytes cannot be unpacked.
  enum ExpansionError: Error, Equatable {
    case damaged(String)
    case cutOff
    case tooLarge
  }

  private static let piece = 256 << 10

  /// Appends what `input` unpacks to. What came before a fault is appended too.
  func append(
    _ input: ArraySlice<UInt8>, to output: inout [UInt8], limit: Int
  ) throws(ExpansionError) {
    switch self {
    case .deflate: try Self.inflate(input, windowBits: 15, &output, limit)
    case .gzip: try Self.inflate(input, windowBits: 31, &output, limit)
    case .rawDeflate: try Self.inflate(input, windowBits: -15, &output, limit)
    case .zstd: try Self.unzstd(input, &output, limit)
    }
  }

  /// Streams may follow each other, as gzip's members do.
  private static func inflate(
    _ input: ArraySlice<UInt8>, windowBits: Int32, _ output: inout [UInt8], _ limit: Int
  ) throws(ExpansionError) {
    var stream = z_stream()
    guard
      inflateInit2_(
        &stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .damaged("no memory") }
    defer { inflateEnd(&stream) }
    var rest = input
    var code = Z_OK
    while true {
      let made = try expand(&rest, &output, limit) { source, target in
        let left = source.count
        stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        stream.avail_in = UInt32(min(left, Int(UInt32.max)))
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(target.count)
        let before = Int(stream.avail_in)
        code = CZlib.inflate(&stream, Z_NO_FLUSH)
        return (before - Int(stream.avail_in), target.count - Int(stream.avail_out))
      }
      switch code {
      case Z_STREAM_END:
        // Padding after the end is no stream.
        guard windowBits > 0, rest.contains(where: { $0 != 0 }) else { return }
        inflateReset(&stream)
      case Z_OK: break
      case Z_BUF_ERROR:
        if rest.isEmpty && made == 0 { throw .cutOff }
      default: throw .damaged(stream.msg.map { String(cString: $0) } ?? "zlib's error \(code)")
      }
    }
  }

  private static func unzstd(
    _ input: ArraySlice<UInt8>, _ output: inout [UInt8], _ limit: Int
  ) throws(ExpansionError) {
    guard let context = ZSTD_createDCtx() else { throw .damaged("no memory") }
    defer { ZSTD_freeDCtx(context) }
    var rest = input
    var code = 0
    while !rest.isEmpty || code != 0 {
      let made = try expand(&rest, &output, limit) { source, target in
        var from = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
        var into = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        code = ZSTD_decompressStream(context, &into, &from)
        return (from.pos, into.pos)
      }
      if ZSTD_isError(code) != 0 {
        throw .damaged(ZSTD_getErrorName(code).map { String(cString: $0) } ?? "unknown")
      }
      if rest.isEmpty, made == 0, code != 0 { throw .cutOff }
    }
  }

  /// One step, which takes from `rest` and appends to `output`.
  /// - Returns: how many bytes were appended.
  private static func expand(
    _ rest: inout ArraySlice<UInt8>, _ output: inout [UInt8], _ limit: Int,
    _ step: (UnsafeBufferPointer<UInt8>, UnsafeMutableBufferPointer<UInt8>) -> (
      taken: Int, made: Int
    )
  ) throws(ExpansionError) -> Int {
    guard output.count < limit else { throw .tooLarge }
    var result = (taken: 0, made: 0)
    let bytes = [UInt8](unsafeUninitializedCapacity: piece) { target, count in
      result = rest.withUnsafeBufferPointer { step($0, target) }
      count = result.made
    }
    rest = rest.dropFirst(result.taken)
    output += bytes
    return result.made
  }
}
