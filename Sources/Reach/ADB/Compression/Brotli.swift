import CBrotli

/// One brotli stream (brotli/encode.h).
final class BrotliCompressor: SyncCompressor {
  private let state: OpaquePointer

  init() throws(ADBError) {
    guard let made = BrotliEncoderCreateInstance(nil, nil, nil) else {
      throw SyncCompression.brotli.failure("no memory")
    }
    // adb's own choice: higher ones take longer than the link.
    BrotliEncoderSetParameter(made, BROTLI_PARAM_QUALITY, 1)
    state = made
  }

  deinit {
    BrotliEncoderDestroyInstance(state)
  }

  func compress(_ bytes: [UInt8]) throws(ADBError) -> [UInt8] {
    try run(bytes, BROTLI_OPERATION_PROCESS)
  }

  func finish() throws(ADBError) -> [UInt8] {
    try run([], BROTLI_OPERATION_FINISH)
  }

  private func run(
    _ bytes: [UInt8], _ operation: BrotliEncoderOperation
  ) throws(ADBError) -> [UInt8] {
    var output: [UInt8] = []
    var taken = 0
    var isDone = false
    while !isDone {
      var succeeded = false
      output += withBuffer(of: 1 << 16) { buffer in
        bytes.withUnsafeBufferPointer { raw in
          var inputLeft = raw.count - taken
          var input = raw.baseAddress?.advanced(by: taken)
          var outputLeft = buffer.count
          var place = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
          succeeded =
            BrotliEncoderCompressStream(
              state, operation, &inputLeft, &input, &outputLeft, &place, nil) != 0
          taken = raw.count - inputLeft
          return buffer.count - outputLeft
        }
      }
      guard succeeded else { throw SyncCompression.brotli.failure("it does not compress") }
      isDone = taken == bytes.count && BrotliEncoderHasMoreOutput(state) == 0
    }
    return output
  }
}

/// The other way.
final class BrotliExpander: SyncExpander {
  private let state: OpaquePointer
  private var input: ArraySlice<UInt8> = []

  init() throws(ADBError) {
    guard let made = BrotliDecoderCreateInstance(nil, nil, nil) else {
      throw SyncCompression.brotli.failure("no memory")
    }
    state = made
  }

  deinit {
    BrotliDecoderDestroyInstance(state)
  }

  var isComplete: Bool { BrotliDecoderIsFinished(state) != 0 }

  func feed(_ bytes: ArraySlice<UInt8>) {
    input += bytes
  }

  func next() throws(ADBError) -> [UInt8] {
    var result = BROTLI_DECODER_RESULT_ERROR
    var taken = 0
    let bytes = withBuffer(of: expandedPiece) { buffer in
      input.withUnsafeBufferPointer { raw in
        var inputLeft = raw.count
        var source = raw.baseAddress
        var outputLeft = buffer.count
        var place = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
        result = BrotliDecoderDecompressStream(
          state, &inputLeft, &source, &outputLeft, &place, nil)
        taken = raw.count - inputLeft
        return buffer.count - outputLeft
      }
    }
    if result == BROTLI_DECODER_RESULT_ERROR {
      let words = BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state))
      throw SyncCompression.brotli.failure(words.map { String(cString: $0) } ?? "unknown")
    }
    input = input.dropFirst(taken)
    // Unlike the others it takes nothing after its end: what comes then would be kept.
    if isComplete, !input.isEmpty {
      throw SyncCompression.brotli.failure("bytes after the end of the file")
    }
    return bytes
  }
}
