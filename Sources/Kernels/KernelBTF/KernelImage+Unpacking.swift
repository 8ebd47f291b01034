import Foundation

extension KernelImage {
  /// What is packed in an image is more than it may be.
  struct OverLimitError: Error {}

  /// Bytes that begin a stream may also occur by chance.
  private static let mostStreams = 8
  /// A decompressed kernel is larger.
  private static let smallestKernel = 1 << 20

  /// Unpacks what looks like a compressed kernel in the image, into files in `directory`, each of
  /// which takes the place of the one before; all of them have at most `limit` bytes. Returns what
  /// `body` gives for the first file for which it gives something.
  /// - Throws: ``OverLimitError``, and what `body` throws.
  static func unpacking<T>(
    _ data: Data, in directory: String, limit: Int, _ body: (String) async throws -> T?
  ) async throws -> T? {
    var left = limit
    for compression in Compression.all {
      for place in compression.places(in: data, most: mostStreams) {
        let (packed, unpacked) = ("\(directory)/stream", "\(directory)/kernel")
        try data[place...].write(to: URL(fileURLWithPath: packed))
        // What follows the stream makes the program complain at its end.
        let outcome = try await compression.unpack(packed, to: unpacked, limit: left)
        guard !outcome.isOverLimit else { throw OverLimitError() }
        let size = (try? FileManager.default.attributesOfItem(atPath: unpacked))?[.size]
        guard let size = size as? NSNumber, size.intValue >= smallestKernel else { continue }
        left -= size.intValue
        if let result = try await body(unpacked) { return result }
      }
    }
    return nil
  }
}
