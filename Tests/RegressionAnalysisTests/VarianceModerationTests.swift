import Testing

@testable import RegressionAnalysis

@Suite struct VarianceModerationTests {
  private func inputs(_ variances: [Double], priorDegrees: Double = .infinity)
    -> [VarianceModeration.Input]
  {
    variances.map {
      .init(variance: $0, degreesOfFreedom: 5, prior: 1, priorDegrees: priorDegrees)
    }
  }

  /// limma 3.54.1 and its formulas (Smyth 2004) evaluated with scipy give these numbers.
  @Test func isEmpiricalBayes() {
    let all = inputs([12, 8, 91, 1, 22, 9, 57, 0.5])
    let moderation = VarianceModeration(all)
    #expect(abs(moderation.priorDegrees - 1.4197236064818195) < 1e-8)
    #expect(abs(moderation.lambda - 4.8433559489903694) < 1e-8)
    let truth = [
      10.417306238519783, 7.301907317013794, 71.94643493826306, 1.849959204378313,
      18.205803542284758, 8.080757047390291, 45.46554410546216, 1.4605343391900644,
    ]
    for (input, expected) in zip(all, truth) {
      let result = moderation.moderated(input)
      #expect(abs(result.variance - expected) < 1e-7)
      #expect(abs(result.degreesOfFreedom - 6.4197236064818195) < 1e-8)
    }
  }

  /// limma 3.54.1 (Debian r-bioc-limma): squeezeVar(variances, df), options(digits = 16).
  @Test func isLimmasEmpiricalBayes() {
    let variances = [3.1, 5.2, 1.1, 7.2, 9.3, 1.8, 2.7, 4.4, 6.5, 0.9].map { $0 * 1e-4 }
    let degrees: [Double] = [5, 5, 4, 5, 3, 5, 5, 5, 4, 5]
    let all = zip(variances, degrees).map {
      VarianceModeration.Input(
        variance: $0, degreesOfFreedom: $1, prior: 1e-4, priorDegrees: .infinity)
    }
    let moderation = VarianceModeration(all)
    #expect(abs(moderation.priorDegrees - 20.00442800456189) < 1e-7)
    #expect(abs(moderation.lambda * 1e-4 - 0.0003975688642346973) < 1e-13)
    let posterior = [
      0.0003800581928810633, 0.0004220507551507715, 0.0003496495613160780, 0.0004620436715981126,
      0.0004670030360810548, 0.0003540627971902916, 0.0003720596095915951, 0.0004060535885718351,
      0.0004396329593620347, 0.0003360659847889881,
    ]
    for (input, truth) in zip(all, posterior) {
      #expect(abs(moderation.moderated(input).variance - truth) < 1e-13)
    }
  }

  @Test func aNoisierDayRaisesTheFactorAndAQuietOneDoesNotLowerIt() {
    #expect(VarianceModeration(inputs([4, 5, 6, 4, 5])).lambda > 4)
    #expect(VarianceModeration(inputs([0.1, 0.2, 0.1, 0.15])).lambda == 1)
  }

  @Test func thePriorWeighsNoMoreThanItsOwnDegrees() {
    let all = inputs([1, 1.1, 0.9, 1, 1.05], priorDegrees: 12)
    let moderation = VarianceModeration(all)
    #expect(moderation.priorDegrees == .infinity)
    #expect(moderation.moderated(all[0]).degreesOfFreedom == 17)
  }

  @Test func fewMetricsLearnNothing() {
    let moderation = VarianceModeration(inputs([1, 2, 3]))
    #expect(moderation.priorDegrees == 0)
    #expect(moderation.moderated(inputs([3])[0]).variance == 3)
  }

  @Test func hubersLocationShrugsOffABadIteration() throws {
    #expect(huberLocation([]) == nil)
    #expect(huberLocation([5, 5, 5, 900]) == 5)
    let location = try #require(huberLocation([1, 2, 3, 4, 500]))
    #expect(location > 2.5 && location < 4)
  }
}
