import Testing

@testable import FleetCollector

@Suite struct DeviceQuotaTests {
  private static let day: UInt64 = 86_400_000

  @Test func refusesBeyondTheBurstAndSaysForHowLong() {
    var quota = DeviceQuota(burst: 3, perDay: 24)
    for _ in 0..<3 { #expect(quota.take("a", now: 0) == nil) }
    #expect(quota.take("a", now: 0) == 3600)
    #expect(quota.take("b", now: 0) == nil)
    #expect(quota.take("a", now: 3_598_500) == 2)
    #expect(quota.take("a", now: 3_600_001) == nil)
  }

  @Test func fillsUpToTheBurstOnly() {
    var quota = DeviceQuota(burst: 2, perDay: 1000)
    #expect(quota.take("a", now: 0) == nil)
    let later = 10 * Self.day
    #expect(quota.take("a", now: later) == nil)
    #expect(quota.take("a", now: later) == nil)
    #expect(quota.take("a", now: later) != nil)
  }

  @Test func aClockThatGoesBackGivesNothing() {
    var quota = DeviceQuota(burst: 1, perDay: 1)
    #expect(quota.take("a", now: Self.day) == nil)
    #expect(quota.take("a", now: 0) == 86_400)
  }

  @Test func forgetsDevicesThatMaySendAgain() {
    var quota = DeviceQuota(burst: 1, perDay: 24, capacity: 2)
    #expect(quota.take("a", now: 0) == nil)
    #expect(quota.take("b", now: 0) == nil)
    #expect(quota.take("c", now: 0) == 60)
    #expect(quota.take("c", now: 3_600_000) == nil)
  }
}
