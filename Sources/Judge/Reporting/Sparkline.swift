/// Values as one line of blocks, the lowest as the smallest.
struct Sparkline {
  private static let blocks = Array("▁▂▃▄▅▆▇█")

  /// At most `width` blocks: where there are more values, each stands for the median of its share of
  /// them. Empty without values.
  static func text(_ values: [Double], width: Int) -> String {
    let count = min(values.count, max(1, width))
    let shown = (0..<count).map { place in
      let share = values[place * values.count / count..<(place + 1) * values.count / count].sorted()
      return share[share.count / 2]
    }
    guard let low = shown.min(), let high = shown.max() else { return "" }
    guard high > low else { return String(repeating: blocks[0], count: count) }
    // A difference may be so small that no number is as large as its inverse.
    let most = Double(blocks.count - 1)
    return String(shown.map { blocks[Int((($0 - low) / (high - low) * most).rounded())] })
  }
}
