extension Verdict {
  /// Says that the time was up before all runs were made. What was made is judged as it is: fewer
  /// runs find less, but do not alarm more.
  /// - Parameter runsLeft: of both arms.
  package mutating func cut(runsLeft: Int) {
    let reason = "the time budget was spent with \(runsLeft) runs left to make"
    reasons.append(reason)
    if outcome == .inconclusive, cause == nil { cause = reason }
  }
}
