import Testing

@testable import RegressionAnalysis

/// Shares in sentences, from a handful of many operations to a disk that is slower by thousands.
@Suite struct PercentTests {
  @Test func threeDigitsAndNoExponent() {
    #expect(percent(0) == "0%")
    #expect(percent(0.123_45) == "12.3%")
    #expect(percent(-0.05) == "-5%")
    #expect(percent(9.994) == "999%")
    #expect(percent(9.996) == "1000%")
    #expect(percent(24.5) == "2450%")
    #expect(percent(1e-6) == "0.0001%")
    #expect(percent(3 / 50_000_000) == "0.000006%")
    #expect(percent(-1.234e-7) == "-0.0000123%")
    #expect(percent(1e-9) == "<0.000001%")
  }
}
