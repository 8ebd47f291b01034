import Foundation

/// Which of the builds before a candidate it is held against, when the baseline rolls.
///
/// Builds that failed stay out, so that a slow build does not become the standard by waiting. A step
/// that was accepted begins a new level: the baseline moves there once ``leastStable`` builds of it
/// are known and they do not drift, and does not look back.
package struct BaselineWindow: Sendable, Equatable {
  /// Builds of a new level before it is the standard.
  package static let leastStable = 5

  /// An accepted step that the baseline has not followed yet.
  package struct Pending: Sendable, Equatable {
    /// First build of the new level.
    package var build: String
    /// Builds of it so far.
    package var builds: Int
    /// False when they drift, or it is not known yet.
    package var isStable: Bool
  }

  /// Oldest first.
  package var builds: [String]
  package var pending: Pending?

  /// Chooses at most `size` of all builds, oldest first; `failed` are those called a regression,
  /// `steps` the first builds of accepted levels, and `isStable` is true of builds at one level.
  package init(
    builds all: [String], failed: Set<String>, steps: [String], size: Int,
    isStable: ([String]) throws -> Bool
  ) rethrows {
    var start = 0
    var pending: Pending?
    // Where the levels begin that are not followed yet: none of them is mixed with the one before.
    var end = all.count
    // A later step may lie before one that still waits: each is looked at by its place.
    let places = Set(steps.compactMap(all.firstIndex)).sorted()
    for (step, next) in zip(places, places.dropFirst() + [all.count]) {
      // A level ends where the next one that was accepted begins.
      let level = Array(all[step..<next])
      let enough = level.count >= Self.leastStable
      let stable = try enough && isStable(Array(level.suffix(size)))
      if stable {
        (start, end) = (step, all.count)
        pending = nil
      } else {
        end = min(end, step)
        pending = Pending(build: all[step], builds: level.count, isStable: stable || !enough)
      }
    }
    // The first builds of an accepted level were judged against the one before it.
    let isRebased = steps.contains(all.isEmpty ? "" : all[start])
    let exempt = isRebased ? Set(all[start...].prefix(Self.leastStable)) : []
    builds = all[start..<end].filter { !failed.contains($0) || exempt.contains($0) }.suffix(size)
    self.pending = pending
  }
}

extension BuildHistory {
  /// Whether no statistic drifts over some builds: its linear trend is significant at 1% over all
  /// statistics together and adds up to more than its practical threshold.
  package func isStable(_ names: [String]) -> Bool {
    let places = names.compactMap { builds.firstIndex(of: $0) }.sorted()
    let metrics = self.metrics
    return !metrics.contains { metric in
      let levels = logLevels(of: metric)
      let present = places.filter { levels[$0] != nil }
      guard present.count >= BaselineWindow.leastStable,
        let model = LinearModel(rows: present.indices.map { [1, Double($0)] })
      else { return false }
      let fit = model.fit(present.compactMap { levels[$0] }, column: 1)
      let drift = abs(fit.coefficient) * Double(present.count - 1)
      guard drift >= log(1 + threshold(of: metric)), fit.degreesOfFreedom > 0 else { return false }
      let floor = deviationFloor
      let error = (max(fit.variance, floor * floor) * fit.leverage).squareRoot()
      let p =
        2
        * StudentT.upperTail(
          abs(fit.coefficient) / error, degreesOfFreedom: Double(fit.degreesOfFreedom))
      return p <= 0.01 / Double(metrics.count)
    }
  }
}
