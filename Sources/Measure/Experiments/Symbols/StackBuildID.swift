/// Build-ids as the frames of stacks have them: the kernel fills short ones up to 20 bytes with zeros, and
/// those at the end of a whole one look alike, so that a frame has none of them.
enum StackBuildID {
  /// Hex digits of the shortest.
  private static let fewest = 16

  /// Which of the frames' build-ids is that of a file, which is lower-case hex; nil for none.
  static func match(_ id: String, among frames: Set<String>) -> String? {
    if frames.contains(id) { return id }
    var short = id[...]
    while short.utf8.count > fewest, short.hasSuffix("00") { short.removeLast(2) }
    return frames.contains(String(short)) ? String(short) : nil
  }

  /// The whole build-ids that a frame's may be of: linkers write 8, 16 or 20 bytes.
  static func whole(_ frame: String) -> [String] {
    let count = frame.utf8.count
    return [frame]
      + [32, 40].filter { $0 > count }.map { frame + String(repeating: "0", count: $0 - count) }
  }
}
