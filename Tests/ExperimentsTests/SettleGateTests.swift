import Testing

@testable import Experiments

@Suite struct SettleGateTests {
  private func sample(
    busy: UInt64, total: UInt64, pressure: Double? = 0, uptime: Double = 100
  ) -> SettleGate.Sample {
    SettleGate.Sample(
      ticks: CPUTicks(busy: busy, total: total), pressure: pressure, uptime: uptime)
  }

  @Test func settlesAfterConsecutiveQuietSamples() {
    var gate = SettleGate(limits: .init(cpuBusy: 0.2, quietSamples: 2))
    #expect(gate.handle(sample(busy: 0, total: 0)) == .wait("first sample"))
    #expect(!gate.isQuiet)
    #expect(gate.handle(sample(busy: 10, total: 100)) == .wait("quiet"))
    #expect(gate.isQuiet)
    #expect(
      gate.handle(sample(busy: 60, total: 200)) == .wait("CPU 50% busy, limit 20%"))
    #expect(!gate.isQuiet)
    #expect(gate.handle(sample(busy: 61, total: 300)) == .wait("quiet"))
    #expect(gate.handle(sample(busy: 62, total: 400)) == .settled)
  }

  @Test func givesUpAtTheLimitAndSaysWhy() {
    var gate = SettleGate(limits: .init(quietSamples: 2, maxSamples: 3))
    _ = gate.handle(sample(busy: 0, total: 0))
    _ = gate.handle(sample(busy: 100, total: 100))
    #expect(
      gate.handle(sample(busy: 200, total: 200)) == .gaveUp("CPU 100% busy, limit 20%"))
  }

  @Test func waitsForTheAgreedUptimeAndForPressure() {
    var gate = SettleGate(limits: .init(pressure: 10, quietSamples: 1, uptime: 30))
    _ = gate.handle(sample(busy: 0, total: 0))
    #expect(
      gate.handle(sample(busy: 0, total: 100, uptime: 12)) == .wait("uptime 12 s of 30 s"))
    #expect(
      gate.handle(sample(busy: 0, total: 200, pressure: 40))
        == .wait("pressure 40%, limit 10%"))
    #expect(gate.handle(sample(busy: 0, total: 300)) == .settled)
  }

  @Test func bootWorkIsUnrest() {
    var gate = SettleGate(limits: .init(quietSamples: 2))
    _ = gate.handle(sample(busy: 0, total: 0))
    #expect(gate.handle(sample(busy: 0, total: 100)) == .wait("quiet"))
    var busy = sample(busy: 0, total: 200)
    busy.unrest = "boot not completed"
    #expect(gate.handle(busy) == .wait("boot not completed"))
    // The quiet before does not count.
    #expect(gate.handle(sample(busy: 0, total: 300)) == .wait("quiet"))
    #expect(gate.handle(sample(busy: 0, total: 400)) == .settled)
  }

  @Test func readsProcFiles() throws {
    let made = SettleGate.Sample(files: [
      "/proc/stat": "cpu  10 1 20 300 40 5 6 7 2 0\ncpu0 1 2 3\n",
      "/proc/uptime": "12.34 20.00\n",
      "/proc/pressure/cpu": "some avg10=1.50 avg60=0.00 avg300=0.00 total=1\n",
      "/proc/pressure/io": "some avg10=7.25 avg60=0 avg300=0 total=1\nfull avg10=9.0\n",
    ])
    let sample = try #require(made)
    #expect(sample.ticks == CPUTicks(busy: 49, total: 389))
    #expect(sample.pressure == 7.25)
    #expect(sample.uptime == 12.34)
    #expect(SettleGate.Sample(files: ["/proc/stat": "garbage", "/proc/uptime": "x"]) == nil)
  }
}
