import Foundation
import Testing

@testable import RegressionAnalysis

/// Expected bounds are those of SciPy's beta and t distributions.
@Suite struct BinomialIntervalTests {
  private func expect(
    _ interval: ChangeInterval, _ low: Double, _ high: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(abs(interval.low - low) <= 1e-8 * max(low, 1e-6), sourceLocation: sourceLocation)
    #expect(abs(interval.high - high) <= 1e-8 * high, sourceLocation: sourceLocation)
  }

  private func exact(_ hits: Double, _ trials: Double, _ level: Double = 0.95) -> ChangeInterval {
    BinomialInterval.exact(hits: hits, trials: trials, level: level)
  }

  @Test func exactBoundsAreTheKnownOnes() {
    expect(exact(3, 20), 0.032070937185463715, 0.37892682654531396)
    expect(exact(1, 10), 0.0025285785444617865, 0.4450161170281954)
    expect(exact(12, 40_000), 0.00015502367856662852, 0.0005239809236918982)
    expect(exact(20, 20), 0.8315665290169147, 1)
    expect(exact(0.5, 7.25), 6.543285904669132e-05, 0.4881776954932431)
  }

  @Test(arguments: [1, 10, 3_000, 1_000_000, 1_000_000_000], [0.9, 0.95, 0.99])
  func noneOfManyLeavesARemainder(trials: Double, level: Double) {
    let interval = exact(0, trials, level)
    let expected = -expm1(log((1 - level) / 2) / trials)
    #expect(interval.low == 0)
    #expect(abs(interval.high / expected - 1) < 1e-6)
  }

  /// Runs that agree leave the number of operations, less what few runs say of others; one run that
  /// has all hits takes nearly everything away.
  @Test func theScatterOfRunsWidensTheInterval() {
    func over(_ hits: [Double]) -> ChangeInterval {
      BinomialInterval.overRuns(hits.map { ($0, 1000) }, level: 0.95)
    }
    expect(over([10, 10, 10, 10]), 0.005629696361210245, 0.016392395535239086)
    expect(over([9, 12, 8, 11]), 0.005629696361210245, 0.016392395535239086)
    expect(over([0, 0, 0, 0]), 0, 0.0024270011276122847)
    expect(over([40, 0, 0, 0]), 1.050645502045417e-06, 0.11198233319285754)
    #expect(over([40]) == ChangeInterval(low: 0, high: 1))
  }
}
