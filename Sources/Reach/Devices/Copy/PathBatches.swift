/// Paths for command lines that every daemon takes: before Android 7 a request with its name has to fit
/// into 4096 bytes.
struct PathBatches: Sequence, IteratorProtocol {
  /// Bytes of a batch's words; one longer path stands alone.
  private static let limit = 3500

  /// Some paths.
  struct Batch: Equatable {
    var first: String
    /// Quoted for the device's shell.
    var words: String
  }

  private var rest: ArraySlice<String>

  init(_ paths: [String]) {
    rest = paths[...]
  }

  mutating func next() -> Batch? {
    guard let first = rest.popFirst() else { return nil }
    var batch = Batch(first: first, words: shellQuote(first))
    while let path = rest.first, case let word = shellQuote(path),
      batch.words.utf8.count + 1 + word.utf8.count <= Self.limit
    {
      batch.words += " " + word
      rest.removeFirst()
    }
    return batch
  }
}
