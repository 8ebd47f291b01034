import RegressionAnalysis

/// What a calibration found of a bench, for the reader of one of its verdicts.
package func benchSentence(_ noise: BenchNoise) -> String {
  func part(_ found: Proportion) -> String {
    "\(found.count) of \(found.trials) (at most \(humanShare(found.high)))"
  }
  let qualification = noise.qualification
  var parts: [String] = []
  if qualification.simulated.trials > 0 {
    parts.append("\(part(qualification.simulated)) simulated checks with its noise")
  }
  if qualification.resampled.trials > 0 {
    let runs = counted(noise.runs, "run")
    parts.append("\(part(qualification.resampled)) ways to deal its own \(runs) to two arms")
  }
  let word = qualification.standing.rawValue
  guard !parts.isEmpty else { return "This bench was calibrated with too few runs: \(word)." }
  return "This bench is \(word): it called unchanged firmware slower in "
    + parts.joined(separator: ", and in ") + "."
}
