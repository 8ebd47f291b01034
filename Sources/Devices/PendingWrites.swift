/// Pieces of a file on their way to the disk, gathered until they are worth a thread's time.
struct PendingWrites {
  /// Bytes that are written at once.
  private static let batch = 2 << 20

  private(set) var rest: [ArraySlice<UInt8>] = []
  private var size = 0

  /// - Returns: everything gathered, once it is enough.
  mutating func append(_ piece: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
    rest.append(piece)
    size += piece.count
    guard size >= Self.batch else { return nil }
    defer {
      rest = []
      size = 0
    }
    return rest
  }
}
