import Foundation

extension KernelImage {
  /// Bytes that begin a stream may also occur by chance.
  private static let mostStreams = 8
  /// A decompressed kernel is larger.
  private static let smallestKernel = 1 << 20

  /// Unpacks what looks like a compressed kernel in the image, into files in `folder`, each of which
  /// takes the place of the one before. Returns what `body` gives for the first file for which it
  /// gives something.
  static func unpacking<T>(
    _ data: Data, in folder: String, _ body: (String) async throws -> T?
  ) async throws -> T? {
    for compression in Compression.all {
      for place in compression.places(in: data, most: mostStreams) {
        let (packed, unpacked) = ("\(folder)/stream", "\(folder)/kernel")
        try data[place...].write(to: URL(fileURLWithPath: packed))
        // What follows the stream makes the program complain at its end.
        _ = try await compression.unpack(packed, to: unpacked)
        let size = (try? FileManager.default.attributesOfItem(atPath: unpacked))?[.size]
        guard let size = size as? NSNumber, size.intValue >= smallestKernel else { continue }
        if let result = try await body(unpacked) { return result }
      }
    }
    return nil
  }
}
