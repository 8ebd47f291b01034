import CZlib

/// zlib streams.
enum Deflate {
  /// - Throws: ``ExchangeError``.
  static func compressed(_ bytes: [UInt8]) throws(ExchangeError) -> [UInt8] {
    var size = compressBound(UInt(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(size))
    guard compress(&result, &size, bytes, UInt(bytes.count)) == Z_OK else {
      throw ExchangeError("zlib cannot compress \(bytes.count) bytes")
    }
    return Array(result.prefix(Int(size)))
  }

  /// - Parameters:
  ///   - bytes: a whole stream.
  ///   - limit: bytes it may expand to at most.
  /// - Returns: what was compressed.
  /// - Throws: ``ExchangeError``.
  static func expanded(_ bytes: [UInt8], limit: Int) throws(ExchangeError) -> [UInt8] {
    var size = UInt(limit)
    var result = [UInt8](repeating: 0, count: limit)
    guard uncompress(&result, &size, bytes, UInt(bytes.count)) == Z_OK else {
      throw ExchangeError("its compressed part is damaged, or larger than \(limit) bytes")
    }
    return Array(result.prefix(Int(size)))
  }
}
