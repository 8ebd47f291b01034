import Foundation
import LatencyHistograms
import RegressionAnalysis
import Testing

@testable import FleetAnalysis

@Suite("Fleet judge")
struct JudgeTests {
  /// Reports of a fleet of two arms, a device a pseudonym, a report a day.
  struct Fleet {
    var devices = 300
    var daysBefore = 3
    var days = 4
    /// What a device of the candidate's arm is slower by, by its number.
    var shift: @Sendable (Int) -> Double = { _ in 0 }
    /// Whether a device of this arm and number reports since the offer.
    var reports: @Sendable (_ arm: Int, _ number: Int) -> Bool = { _, _ in true }
    var model: @Sendable (Int) -> String = { _ in "pixel" }
    var exposure = 1.0
    /// Of the devices that were drawn, so many came into the candidate's arm.
    var enrolled = [1.0, 1.0]
    var isFreshBoot: @Sendable (_ arm: Int, _ number: Int, _ isAfter: Bool) -> Bool = {
      _, _, _ in false
    }
    /// Fresh boots are slower by this.
    var coldness = 0.0

    static let offered = 400_000
    /// A normal distribution in twenty parts.
    static let spread = (0..<20).map { NormalDistribution.quantile((Double($0) + 0.5) / 20) }

    var setting: EvidenceCollector.Setting {
      EvidenceCollector.Setting(
        arms: ["control", "canary"], widths: [200, 200], offered: Self.offered,
        now: Self.offered + days * 24, silence: 48, candidate: "B2")
    }

    func made() -> [EvidenceCollector.Report] {
      var random = SimulationRandom(seed: 11)
      var made: [EvidenceCollector.Report] = []
      for arm in 0...1 {
        for number in 0..<Int(Double(devices) * enrolled[arm]) {
          let level = 11 + 0.4 * random.normal()
          let pseudonym = (0..<8).map { _ in UInt8(truncatingIfNeeded: random.next()) }
          for day in -daysBefore..<days {
            let isAfter = day >= 0
            let change = isAfter && arm == 1 ? shift(number) : 0
            let isFresh = isFreshBoot(arm, number, isAfter)
            var histogram = LatencyHistogram()
            let centre = level + change + 0.1 * random.normal() + (isFresh ? coldness : 0)
            for z in Self.spread {
              histogram.record(UInt64(exp(centre + 0.7 * z)), times: 10)
            }
            guard !isAfter || reports(arm, number) else { continue }
            made.append(
              EvidenceCollector.Report(
                pseudonym: pseudonym, arm: arm, model: model(number),
                build: isAfter && arm == 1 && Double(number) < Double(devices) * exposure
                  ? "B2" : "B1",
                hour: Self.offered + day * 24 + 1, uptime: isFresh ? 10 : 5000,
                measured: [
                  EvidenceCollector.Measured(
                    metric: "fsync.latency", way: "T2 tp_btf", histogram: histogram)
                ]))
          }
        }
      }
      return made
    }

    func evidence(_ order: ([EvidenceCollector.Report]) -> [EvidenceCollector.Report] = { $0 })
      -> FleetEvidence
    {
      var collector = EvidenceCollector(setting)
      for report in order(made()) { collector.add(report) }
      return collector.finished()
    }

    func verdict(_ change: (inout FleetPolicy) -> Void = { _ in }) -> FleetVerdict {
      var policy = FleetPolicy()
      change(&policy)
      return FleetJudge(policy).judge(evidence(), candidate: 1)
    }
  }

  @Test("An unchanged firmware on enough devices is promoted")
  func promotes() {
    let verdict = Fleet(devices: 400).verdict()
    #expect(verdict.outcome == .promote, "\(verdict.reasons)")
    #expect(verdict.comparisons.count == 3)
    #expect(verdict.comparisons.allSatisfy { $0.isAdjusted && abs($0.change) < 0.02 })
    #expect(verdict.comparisons.map { $0.budget != nil } == [true, true, false])
  }

  @Test("A much faster one is promoted, and its verdict can be kept")
  func faster() throws {
    let verdict = Fleet(devices: 400, shift: { _ in -0.7 }).verdict()
    #expect(verdict.outcome == .promote, "\(verdict.reasons)")
    #expect(verdict.comparisons.count == 3)
    #expect(verdict.comparisons.allSatisfy { $0.change < -0.4 && $0.evidence < 1 })
    _ = try JSONEncoder().encode(verdict)
  }

  @Test("A slower one is stopped, with the change's true size between its bounds")
  func stops() throws {
    let verdict = Fleet(shift: { _ in 0.0953 }).verdict()
    #expect(verdict.outcome == .stop)
    let median = try #require(verdict.comparisons.first)
    #expect(median.low < 0.1 && median.high > 0.1)
    #expect(verdict.reasons.first?.hasPrefix("fsync.latency p") == true)
  }

  @Test("Bounds that no number holds can be kept as well")
  func bounds() throws {
    let fleet = Fleet()
    let reports = fleet.made()
    var collector = EvidenceCollector(fleet.setting)
    for report in reports { collector.add(report) }
    // One device hangs, and has more events of that than a tenth of all.
    var hanging = try #require(reports.last)
    var histogram = LatencyHistogram()
    histogram.record(1_000_000_000, times: 100_000)
    hanging.measured = [
      EvidenceCollector.Measured(
        metric: "fsync.latency", way: "T2 tp_btf", histogram: histogram)
    ]
    collector.add(hanging)
    let verdict = FleetJudge().judge(collector.finished(), candidate: 1)
    #expect(verdict.comparisons.contains { $0.high == 1e6 && $0.worst == 1e6 })
    _ = try JSONEncoder().encode(verdict)
  }

  @Test("The same evidence gives the same bytes, in whatever order the reports come")
  func deterministic() throws {
    let fleet = Fleet(shift: { Double($0 % 7) * 0.01 })
    let bytes = try [
      fleet.evidence(), fleet.evidence { $0.reversed() }, fleet.evidence { $0.shuffled() },
    ].map { evidence in
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return try encoder.encode(FleetJudge().judge(evidence, candidate: 1))
    }
    #expect(bytes[0] == bytes[1] && bytes[0] == bytes[2])
  }

  @Test("Few devices, few hours and few installations leave it open, and say so")
  func open() {
    let few = Fleet(devices: 150).verdict()
    #expect(few.outcome == .goOn && few.comparisons.isEmpty)
    #expect(few.reasons.contains { $0.hasPrefix("150 devices") })
    let early = Fleet(devices: 400, days: 1).verdict()
    #expect(early.outcome == .goOn)
    #expect(early.reasons.contains { $0.hasPrefix("24 h since the offer") }, "\(early.reasons)")
    let unexposed = Fleet(devices: 400, exposure: 0.5).verdict()
    #expect(unexposed.outcome == .goOn)
    #expect(unexposed.reasons.contains { $0.contains("50% of the candidate's devices run") })
  }

  @Test("Nothing is said of an arm that few devices make")
  func fewDevices() {
    let verdict = Fleet(devices: 13, reports: { arm, number in arm == 0 || number > 0 }).verdict()
    #expect(verdict.outcome == .goOn)
    #expect(verdict.reasons.first?.hasPrefix("fewer than 20 devices of an arm") == true)
    #expect(verdict.guards.count == 4)
    #expect(verdict.guards.allSatisfy { $0.text == "an arm has fewer than 20 devices" })
    // One of thirteen is silent, and none has the firmware.
    #expect(verdict.missing == 1)
    let unexposed = Fleet(devices: 13, exposure: 0).verdict()
    for reason in verdict.reasons + unexposed.reasons {
      #expect(!reason.contains("% of the"), "\(reason)")
    }
  }

  @Test("Arms that were not drawn in their ratio compare nothing, harm or not")
  func sampleRatio() {
    let verdict = Fleet(devices: 1000, shift: { _ in 0.2 }, enrolled: [1, 0.7]).verdict()
    #expect(verdict.outcome == .guardFailed)
    #expect(verdict.reasons.first?.hasPrefix("sample ratio") == true)
  }

  @Test("Devices that fall silent in one arm fail a guard; in both they do not")
  func silence() {
    let one = Fleet(devices: 600, reports: { arm, number in arm == 0 || number % 12 > 0 })
      .verdict()
    #expect(one.outcome == .guardFailed)
    #expect(one.guards.first { $0.name == .silence }?.isMet == false)
    #expect(one.missing > 0.08)
    let both = Fleet(devices: 600, reports: { _, number in number % 12 > 0 }).verdict()
    #expect(both.guards.allSatisfy { $0.isMet }, "\(both.guards)")
  }

  @Test("What looks fine only because slow devices are missing is not promoted")
  func slowest() {
    // Too few to fail the guard.
    let verdict = Fleet(devices: 400, reports: { arm, number in arm == 0 || number > 3 }).verdict()
    #expect(verdict.outcome == .goOn, "\(verdict.reasons)")
    #expect(verdict.guards.allSatisfy { $0.isMet })
    #expect(verdict.missing >= 0.01)
    #expect(
      verdict.comparisons.allSatisfy { $0.worst > $0.high }, "the bound counts what is missing")
  }

  @Test("A firmware that loses one of two hundred devices is not promoted")
  func loses() {
    let verdict = Fleet(devices: 400, reports: { arm, number in arm == 0 || number > 1 }).verdict()
    #expect(verdict.outcome == .goOn)
    #expect(
      verdict.reasons.contains { $0.hasPrefix("the firmware may have lost 0.5% of the devices") },
      "\(verdict.reasons)")
  }

  @Test("Reports of fresh boots are compared with those of fresh boots")
  func strata() throws {
    // The update restarts every device: half of the candidate's reports, a tenth of the control's
    // are cold, and cold is 30% slower.
    var fleet = Fleet(devices: 600)
    fleet.coldness = 0.26
    fleet.isFreshBoot = { arm, number, isAfter in
      isAfter && arm == 1 ? number % 2 == 0 : number % 10 == 0
    }
    let verdict = fleet.verdict()
    #expect(verdict.outcome != .stop, "\(verdict.reasons)")
    let median = try #require(verdict.comparisons.first)
    #expect(abs(median.change) < 0.04, "\(median.change)")
  }

  @Test("A model that is slower by itself is named")
  func models() {
    let fleet = Fleet(
      devices: 1000, daysBefore: 2, days: 3, shift: { $0 % 4 == 0 ? 0.18 : 0 },
      model: { $0 % 4 == 0 ? "small" : "large" })
    let verdict = fleet.verdict()
    #expect(verdict.outcome == .stop)
    #expect(verdict.comparisons.contains { $0.isHarm && $0.model == "small" })
    #expect(!verdict.comparisons.contains { $0.isHarm && $0.model == "large" })
  }

  @Test("Reports of an unknown arm and of the future are left out")
  func refused() {
    let fleet = Fleet(devices: 10)
    var collector = EvidenceCollector(fleet.setting)
    var report = fleet.made()[0]
    report.arm = 2
    collector.add(report)
    report.arm = 0
    report.hour = fleet.setting.now
    collector.add(report)
    #expect(collector.refused == 2)
    #expect(collector.finished().cohorts.isEmpty)
  }

  @Test("A device that invents labels does not fill the memory")
  func crowded() {
    let fleet = Fleet(devices: 1)
    var setting = fleet.setting
    setting.mostKinds = 8
    var collector = EvidenceCollector(setting)
    var report = fleet.made()[0]
    let measured = (0..<13).map {
      EvidenceCollector.Measured(
        metric: "fsync.latency{fs=\($0)}", way: "T0 ftrace", histogram: LatencyHistogram())
    }
    report.measured = measured
    collector.add(report)
    report.measured = [measured[0]]
    collector.add(report)
    #expect(collector.crowded == 5)
    #expect(collector.finished().cells.count == 8)
  }

  @Test("Models that are not looked at by themselves are one")
  func others() {
    let fleet = Fleet(devices: 40, model: { "model-\($0 % 4)" })
    var setting = fleet.setting
    setting.models = ["model-0"]
    var collector = EvidenceCollector(setting)
    for report in fleet.made() { collector.add(report) }
    let evidence = collector.finished()
    #expect(evidence.models == ["model-0", EvidenceCollector.otherModels])
    #expect(evidence.cohorts[.init(arm: 1, model: EvidenceCollector.otherModels)]?.enrolled == 30)
  }

  @Test("An arm without any report is no crash")
  func empty() {
    let verdict = FleetJudge().judge(
      FleetEvidence(arms: ["control", "canary"], widths: [1, 1], hours: 100, silence: 48),
      candidate: 1)
    #expect(verdict.outcome == .goOn)
    #expect(verdict.release.models.isEmpty && verdict.release.distributions.isEmpty)
  }
}
