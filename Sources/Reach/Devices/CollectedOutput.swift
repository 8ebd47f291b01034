/// What a command has printed. A device may print without end, so memory has one.
struct CollectedOutput: Sendable {
  /// Bytes of stdout; the symbols of a large kernel take a tenth of it.
  static let limit = 256 << 20
  /// Bytes of stderr, of which the last are kept.
  static let errorLimit = 16 << 20

  private(set) var bytes: [UInt8] = []
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  /// - Throws: ``ExcessiveOutputError`` for more than the limit in all.
  mutating func append(_ more: [UInt8]) throws(ExcessiveOutputError) {
    guard more.count <= limit - bytes.count else { throw ExcessiveOutputError(limit: limit) }
    bytes += more
  }
}

/// A command printed more than is collected of one.
struct ExcessiveOutputError: Error, Equatable {
  /// Bytes.
  var limit: Int
}

extension DeviceError {
  init(_ error: ExcessiveOutputError, device: String, operation: String) {
    self = .unsupported(
      device: device, detail: "\(operation) printed more than \(error.limit >> 20) MiB",
      remedy: "let it print less, or write it to a file on the device and pull that")
  }
}
