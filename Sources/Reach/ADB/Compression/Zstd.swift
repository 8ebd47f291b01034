import CZstd

/// One zstd frame (zstd.h, streaming).
final class ZstdCompressor: SyncCompressor {
  private let context: OpaquePointer

  init() throws(ADBError) {
    guard let made = ZSTD_createCCtx() else { throw SyncCompression.zstd.failure("no memory") }
    context = made
  }

  deinit {
    ZSTD_freeCCtx(context)
  }

  func compress(_ bytes: [UInt8]) throws(ADBError) -> [UInt8] {
    try run(bytes, ZSTD_e_continue)
  }

  func finish() throws(ADBError) -> [UInt8] {
    try run([], ZSTD_e_end)
  }

  private func run(
    _ bytes: [UInt8], _ directive: ZSTD_EndDirective
  ) throws(ADBError) -> [UInt8] {
    var output: [UInt8] = []
    var taken = 0
    while true {
      var left = 0
      output += withBuffer(of: ZSTD_CStreamOutSize()) { buffer in
        bytes.withUnsafeBytes { raw in
          var source = ZSTD_inBuffer(src: raw.baseAddress, size: raw.count, pos: taken)
          var target = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
          left = ZSTD_compressStream2(context, &target, &source, directive)
          taken = source.pos
          return target.pos
        }
      }
      if ZSTD_isError(left) != 0 { throw zstdFailure(left) }
      let isDone = directive == ZSTD_e_end ? left == 0 : taken == bytes.count
      if isDone { return output }
    }
  }
}

/// The other way.
final class ZstdExpander: SyncExpander {
  private let context: OpaquePointer
  private var input: ArraySlice<UInt8> = []
  private(set) var isComplete = false

  init() throws(ADBError) {
    guard let made = ZSTD_createDCtx() else { throw SyncCompression.zstd.failure("no memory") }
    context = made
  }

  deinit {
    ZSTD_freeDCtx(context)
  }

  func feed(_ bytes: ArraySlice<UInt8>) {
    input += bytes
  }

  func next() throws(ADBError) -> [UInt8] {
    while true {
      var code = 0
      var taken = 0
      let bytes = withBuffer(of: expandedPiece) { buffer in
        input.withUnsafeBytes { raw in
          var source = ZSTD_inBuffer(src: raw.baseAddress, size: raw.count, pos: 0)
          var target = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
          code = ZSTD_decompressStream(context, &target, &source)
          taken = source.pos
          return target.pos
        }
      }
      if ZSTD_isError(code) != 0 { throw zstdFailure(code) }
      input = input.dropFirst(taken)
      if taken > 0 || !bytes.isEmpty { isComplete = code == 0 }
      if !bytes.isEmpty || taken == 0 { return bytes }
    }
  }
}

private func zstdFailure(_ code: Int) -> ADBError {
  SyncCompression.zstd.failure(ZSTD_getErrorName(code).map { String(cString: $0) } ?? "unknown")
}
