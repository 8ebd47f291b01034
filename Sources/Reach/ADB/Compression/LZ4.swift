import CLZ4

/// LZ4's frame format (lz4frame.h).
final class LZ4Compressor: SyncCompressor {
  private let context: OpaquePointer
  private var hasBegun = false

  init() throws(ADBError) {
    var made: OpaquePointer?
    let code = LZ4F_createCompressionContext(&made, UInt32(LZ4F_VERSION))
    guard LZ4F_isError(code) == 0, let made else { throw lz4Failure(code) }
    context = made
  }

  deinit {
    LZ4F_freeCompressionContext(context)
  }

  func compress(_ bytes: [UInt8]) throws(ADBError) -> [UInt8] {
    let start = try begin()
    return start
      + (try output(LZ4F_compressBound(bytes.count, nil)) { buffer in
        LZ4F_compressUpdate(context, buffer.baseAddress, buffer.count, bytes, bytes.count, nil)
      })
  }

  func finish() throws(ADBError) -> [UInt8] {
    let start = try begin()
    return start
      + (try output(LZ4F_compressBound(0, nil)) { buffer in
        LZ4F_compressEnd(context, buffer.baseAddress, buffer.count, nil)
      })
  }

  private func begin() throws(ADBError) -> [UInt8] {
    if hasBegun { return [] }
    hasBegun = true
    return try output(Int(LZ4F_HEADER_SIZE_MAX)) { buffer in
      LZ4F_compressBegin(context, buffer.baseAddress, buffer.count, nil)
    }
  }

  private func output(
    _ capacity: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int
  ) throws(ADBError) -> [UInt8] {
    var code = 0
    let bytes = withBuffer(of: capacity) { buffer in
      code = body(buffer)
      return LZ4F_isError(code) == 0 ? code : 0
    }
    if LZ4F_isError(code) != 0 { throw lz4Failure(code) }
    return bytes
  }
}

/// The other way.
final class LZ4Expander: SyncExpander {
  private let context: OpaquePointer
  private var input: ArraySlice<UInt8> = []
  private(set) var isComplete = false

  init() throws(ADBError) {
    var made: OpaquePointer?
    let code = LZ4F_createDecompressionContext(&made, UInt32(LZ4F_VERSION))
    guard LZ4F_isError(code) == 0, let made else { throw lz4Failure(code) }
    context = made
  }

  deinit {
    LZ4F_freeDecompressionContext(context)
  }

  func feed(_ bytes: ArraySlice<UInt8>) {
    input += bytes
  }

  func next() throws(ADBError) -> [UInt8] {
    while true {
      var code = 0
      var taken = input.count
      let bytes = withBuffer(of: expandedPiece) { buffer in
        var made = buffer.count
        code = input.withUnsafeBytes { raw in
          LZ4F_decompress(context, buffer.baseAddress, &made, raw.baseAddress, &taken, nil)
        }
        return LZ4F_isError(code) == 0 ? made : 0
      }
      if LZ4F_isError(code) != 0 { throw lz4Failure(code) }
      input = input.dropFirst(taken)
      if taken > 0 || !bytes.isEmpty { isComplete = code == 0 }
      if !bytes.isEmpty || taken == 0 { return bytes }
    }
  }
}

private func lz4Failure(_ code: Int) -> ADBError {
  SyncCompression.lz4.failure(LZ4F_getErrorName(code).map { String(cString: $0) } ?? "unknown")
}
