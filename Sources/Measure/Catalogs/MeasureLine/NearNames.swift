/// The nearest of very many names: those that share most pairs of letters are held against the one
/// that was written.
struct NearNames {
  /// Of names to be compared letter by letter.
  private static let most = 40

  let names: [String]

  func nearest(to name: String) -> String? {
    guard names.count > Self.most else { return nearestName(to: name, in: names) }
    let wanted = Self.pairs(name)
    guard !wanted.isEmpty else { return nil }
    var ranked: [(name: String, score: Int)] = []
    for candidate in names where abs(candidate.utf8.count - name.utf8.count) <= name.utf8.count {
      let pairs = Self.pairs(candidate)
      let shared = pairs.intersection(wanted).count
      if 3 * shared >= wanted.count {
        ranked.append((candidate, 4 * shared - pairs.count))
      }
    }
    ranked.sort { ($1.score, $0.name) < ($0.score, $1.name) }
    let best = ranked.prefix(Self.most).map(\.name)
    // Words of a name in another order, or one of them left out, are far by letters.
    return nearestName(to: name, in: best)
      ?? ranked.first.flatMap {
        2 * Self.pairs($0.name).intersection(wanted).count >= wanted.count ? $0.name : nil
      }
  }

  private static func pairs(_ name: String) -> Set<UInt16> {
    let bytes = Array(name.lowercased().utf8)
    guard bytes.count > 1 else { return Set(bytes.map(UInt16.init)) }
    return Set(zip(bytes, bytes.dropFirst()).map { UInt16($0) << 8 | UInt16($1) })
  }
}
