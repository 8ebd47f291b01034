/// The known name most likely meant by `name`, or nil when none is near.
///
/// Near is an edit distance (insert, delete, replace, swap neighbours) of at most a third of the
/// longer name, and at least one edit is always allowed; a beginning of two or more letters is
/// near as well.
package func nearestName(to name: String, in known: some Sequence<String>) -> String? {
  var best: (name: String, distance: Int)?
  for candidate in known.sorted() {
    let distance = editDistance(Array(name.lowercased()), Array(candidate.lowercased()))
    let limit = max(1, max(name.count, candidate.count) / 3)
    let isBeginning = name.count > 1 && candidate.hasPrefix(name)
    if isBeginning || distance <= limit, distance < best?.distance ?? .max {
      best = (candidate, distance)
    }
  }
  return best?.name
}

/// Optimal string alignment distance.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var rows = [Array(0...b.count)]
  for i in 0..<a.count {
    var row = [i + 1]
    for j in 0..<b.count {
      var cost = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        cost = min(cost, rows[i - 1][j - 1] + 1)
      }
      row.append(cost)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}

/// A remedy for an unknown name: the nearest known one, else all of them.
func remedy(forUnknown name: String, known: some Sequence<String>) -> String {
  if let near = nearestName(to: name, in: known) {
    return "did you mean '\(near)'?"
  }
  let all = known.sorted()
  return all.isEmpty ? "there are none yet" : "known: \(all.joined(separator: ", "))"
}
