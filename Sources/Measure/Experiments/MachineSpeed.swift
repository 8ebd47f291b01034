import Foundation

/// What `latgate-load speed` said: how long the same work took on each CPU.
package struct MachineSpeed: Sendable, Equatable {
  /// Work per us of the fastest round and of all rounds, by CPU.
  package var fastest: [Int: Double] = [:]
  package var sustained: [Int: Double] = [:]

  /// What is run on the device; it takes 20 ms for each CPU.
  package static let command = ["latgate-load", "speed"]

  /// - Returns: nil when the output is of something else.
  package init?(output: String) {
    var values: [Substring: Double] = [:]
    for line in output.split(separator: "\n") {
      let words = line.split(separator: ":")
      if words.count == 2 { values[words[0]] = Double(words[1].filter { $0 != " " }) }
    }
    guard let work = values["work"], work > 0 else { return nil }
    for (key, ns) in values where ns > 0 {
      guard key.hasPrefix("cpu"), let cpu = Int(key.dropFirst(3).prefix { $0.isNumber }) else {
        continue
      }
      if key.hasSuffix("_fastest_ns") { fastest[cpu] = work * 1000 / ns }
      if key.hasSuffix("_mean_ns") { sustained[cpu] = work * 1000 / ns }
    }
    if fastest.isEmpty || sustained.isEmpty { return nil }
  }

  /// Geometric mean over CPUs.
  package var overall: Double { geometricMean(fastest.values) }
  package var overallSustained: Double { geometricMean(sustained.values) }

  /// Largest relative change of a CPU's fastest round from an earlier look; 0.5 = half or double.
  package func change(since earlier: MachineSpeed) -> Double {
    fastest.compactMap { cpu, now in
      earlier.fastest[cpu].map { 1 - min(now, $0) / max(now, $0) }
    }.max() ?? 0
  }
}

/// 0 without values. The order does not matter to the bit.
func geometricMean(_ values: some Sequence<Double>) -> Double {
  let logs = values.map { log($0) }.sorted()
  return logs.isEmpty ? 0 : exp(logs.reduce(0, +) / Double(logs.count))
}
