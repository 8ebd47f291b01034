import Testing

@testable import RegressionAnalysis

/// Against scipy 1.17.
@Suite struct DistributionTests {
  private func near(_ value: Double, _ truth: Double) -> Bool {
    abs(value - truth) <= 1e-9 * max(abs(truth), 1e-300)
  }

  @Test(arguments: [
    (2.0, 5.0, 0.050969739414929174), (0.5, 1, 0.35241638234956674),
    (10, 3.5, 0.0005357379478063317), (6, 20, 3.6218499652082825e-06),
    (40, 30, 6.863022597203209e-28), (0, 7, 0.5),
  ])
  func studentTail(t: Double, n: Double, truth: Double) {
    #expect(near(StudentT.upperTail(t, degreesOfFreedom: n), truth))
    #expect(near(StudentT.cdf(-t, degreesOfFreedom: n), truth))
  }

  @Test(arguments: [
    (0.025, 5.0, 2.5705818356363155), (0.005, 1, 63.65674116287158),
    (1e-06, 12.5, 8.28093739722148), (0.2, 8, 0.8888895177670199),
    (1e-10, 40, 8.443586246773638),
  ])
  func studentQuantile(p: Double, n: Double, truth: Double) {
    #expect(near(StudentT.upperQuantile(p, degreesOfFreedom: n), truth))
  }

  @Test func aQuantileHasItsTail() {
    for n in [0.5, 1, 1.3, 2, 2.5, 5, 12.5, 40, 300, 1100, 5000, 20_000] {
      for p in [0.4999, 0.2, 0.025, 1e-4, 1e-10, 1e-30] {
        let t = StudentT.upperQuantile(p, degreesOfFreedom: n)
        #expect(abs(StudentT.upperTail(t, degreesOfFreedom: n) / p - 1) < 1e-7)
      }
    }
  }

  @Test(arguments: [
    (1, 0.15865525393145707), (3.5, 0.00023262907903552502), (10, 7.61985302416047e-24),
    (30, 4.906713927147908e-198),
  ])
  func normalTail(z: Double, truth: Double) {
    #expect(near(NormalDistribution.upperTail(z), truth))
  }

  @Test(arguments: [
    (0.3, 0.5244005127080409), (0.025, 1.9599639845400545), (1e-5, 4.264890793922825),
    (1e-20, 9.262340089798409), (1e-290, 36.420731673207996),
  ])
  func normalQuantile(p: Double, truth: Double) {
    #expect(near(NormalDistribution.upperQuantile(p), truth))
    #expect(near(NormalDistribution.quantile(p), -truth))
  }

  @Test func impossibleArgumentsAreNotNumbers() {
    #expect(StudentT.upperTail(1, degreesOfFreedom: 0).isNaN)
    #expect(StudentT.upperQuantile(1.5, degreesOfFreedom: 3).isNaN)
    #expect(NormalDistribution.upperQuantile(.nan).isNaN)
    #expect(digamma(0).isNaN)
    #expect(trigamma(-1).isNaN)
  }

  @Test(arguments: [
    (0.1, -10.423754940411076, 101.43329915079275), (0.5, -1.9635100260214235, 4.93480220054468),
    (1, -0.5772156649015329, 1.6449340668482266), (2.5, 0.7031566406452432, 0.4903577561002349),
    (30, 3.384438132685525, 0.033895060357739946),
  ])
  func polygammas(x: Double, first: Double, second: Double) {
    #expect(near(digamma(x), first))
    #expect(near(trigamma(x), second))
    #expect(near(inverseTrigamma(second), x))
  }
}
