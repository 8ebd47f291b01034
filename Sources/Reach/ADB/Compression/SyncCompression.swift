/// How the bytes of a file are packed on their way between host and device.
///
/// Worth its time on USB 2 and slow networks only: on USB 3 and on TCP it is slower.
package enum SyncCompression: String, Sendable, CaseIterable {
  case none
  case lz4
  case brotli
  case zstd

  /// The bit in `SND2` and `RCV2`.
  var flag: UInt32 {
    switch self {
    case .none: 0
    case .brotli: 1
    case .lz4: 2
    case .zstd: 4
    }
  }

  /// What both sides must list beside `sendrecv_v2`.
  package var feature: String? { self == .none ? nil : "sendrecv_v2_\(rawValue)" }

  func compressor() throws(ADBError) -> (any SyncCompressor)? {
    switch self {
    case .none: nil
    case .lz4: try LZ4Compressor()
    case .brotli: try BrotliCompressor()
    case .zstd: try ZstdCompressor()
    }
  }

  func expander() throws(ADBError) -> (any SyncExpander)? {
    switch self {
    case .none: nil
    case .lz4: try LZ4Expander()
    case .brotli: try BrotliExpander()
    case .zstd: try ZstdExpander()
    }
  }

  /// The error of a library that has no memory or refuses its input.
  func failure(_ detail: String) -> ADBError {
    .transferFailed(path: "", message: "\(rawValue): \(detail)")
  }
}

/// Makes one compressed stream of a file.
protocol SyncCompressor: AnyObject {
  func compress(_ bytes: [UInt8]) throws(ADBError) -> [UInt8]
  func finish() throws(ADBError) -> [UInt8]
}

/// Unpacks one compressed stream, in pieces of bounded size whatever the device sends.
protocol SyncExpander: AnyObject {
  /// Takes the next bytes; ``next()`` is then called until it is empty.
  func feed(_ bytes: ArraySlice<UInt8>)
  /// The next piece; empty when more has to be fed.
  func next() throws(ADBError) -> [UInt8]
  /// True when the stream's end has been seen.
  var isComplete: Bool { get }
}

/// Bytes of an expander's piece.
let expandedPiece = 256 << 10
