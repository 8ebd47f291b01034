import AgentSession
import RunRecords
import Testing

@testable import Catalogs
@testable import Experiments

@Suite struct TierPlanTests {
  private static let root = ["bpf=yes", "btf=yes", "pinned=no: /sys/fs/bpf is empty", "trace=yes"]
  private static let user = [
    "bpf=no: Operation not permitted", "btf=yes", "pinned=no: /sys/fs/bpf is empty", "trace=yes",
  ]

  private func plan(
    _ lines: [String], t0 events: [String] = ["block_rq_issue"], choice: Tier? = nil,
    scope: RunScope? = nil, hasExternalBTF: Bool = false
  ) -> TierPlan {
    let probe = ProbeManifest(
      name: "block", title: "", question: "", object: "block.bpf.c", cost: .low, privacy: .none,
      comparedWith: nil, t0Events: events,
      metrics: [
        ProbeMetric(
          name: "block.device", help: "", unit: "ns", map: "h_block_device", counters: 0, key: [])
      ], file: "")
    return TierPlan(
      probe: probe, features: lines.map(AgentFeature.init(line:)), choice: choice, scope: scope,
      hasExternalBTF: hasExternalBTF)
  }

  private func reason(_ plan: TierPlan, _ route: Route) -> String? {
    plan.passedOver.first { $0.route == route }?.reason
  }

  @Test func theBestTierComesFirst() {
    let plan = plan(Self.root)
    #expect(plan.candidates == [.t2, .t0, .perfetto])
    #expect(plan.passedOver.map(\.route) == [.t1])
    #expect(reason(plan, .t1) == "/sys/fs/bpf is empty")
    #expect(plan.passedOver[0].remedy?.contains("firmware-kit") == true)
  }

  /// A tier that cannot distinguish a scope must not measure everyone in its place.
  @Test func aScopeIsAskedOnlyOfTiersThatCanTellIt() {
    let lines = ["bpf=yes", "pinned=yes: block", "trace=yes"]
    for kind in RunScope.Kind.allCases {
      let plan = plan(lines, scope: RunScope(kind: kind, value: "1"))
      #expect(plan.candidates == (kind == .pid ? [.t2, .t0] : [.t2]))
      #expect(reason(plan, .t1)?.contains("measures everyone") == true)
      #expect(reason(plan, .perfetto)?.contains("for everyone") == true)
      if kind != .pid { #expect(reason(plan, .t0)?.contains("--pid can be read") == true) }
    }
  }

  @Test func whereProgramsMayNotBeLoadedTraceEventsServe() {
    let plan = plan(Self.user)
    #expect(plan.candidates == [.t0, .perfetto])
    #expect(reason(plan, .t2) == "Operation not permitted")
    #expect(plan.passedOver[0].remedy?.contains("adb root") == true)
  }

  @Test func aProbeWithoutTraceEventsHasNoT0() {
    let plan = plan(Self.user, t0: [])
    #expect(plan.candidates.isEmpty)
    #expect(plan.passedOver.map(\.route) == [.t2, .t1, .t0, .perfetto])
    #expect(reason(plan, .t0)?.contains("no trace events") == true)
    #expect(reason(plan, .perfetto)?.contains("no trace events") == true)
  }

  @Test func pinnedProgramsComeBeforeTraceEvents() {
    let lines = ["bpf=no: Operation not permitted", "pinned=yes", "trace=yes"]
    #expect(plan(lines).candidates == [.t1, .t0, .perfetto])
    let listed = ["bpf=no: Operation not permitted", "pinned=yes: fsync, block", "trace=yes"]
    #expect(plan(listed).candidates == [.t1, .t0, .perfetto])
    let others = ["bpf=no: Operation not permitted", "pinned=yes: fsync runqueue", "trace=yes"]
    #expect(plan(others).candidates == [.t0, .perfetto])
    #expect(reason(plan(others), .t1) == "the firmware carries fsync, runqueue only")
  }

  @Test func theUsersChoiceIsTheOnlyCandidate() {
    #expect(plan(Self.root, choice: .t0).candidates == [.t0, .perfetto])
    #expect(reason(plan(Self.root, choice: .t0), .t2) == "--tier T0 was given")
    // A choice does not make a tier work that the device does not have.
    let refused = plan(Self.root, choice: .t1)
    #expect(refused.candidates.isEmpty)
    #expect(reason(refused, .t1) == "/sys/fs/bpf is empty")
  }

  @Test func withoutBTFProgramsNeedItFromTheBuild() {
    let lines = ["bpf=yes", "btf=no: no /sys/kernel/btf/vmlinux", "trace=yes"]
    #expect(plan(lines).candidates == [.t0, .perfetto])
    #expect(reason(plan(lines), .t2) == "no /sys/kernel/btf/vmlinux")
    #expect(plan(lines, hasExternalBTF: true).candidates == [.t2, .t0, .perfetto])
  }

  @Test func perfettoServesWhereTheAgentMayNotTrace() {
    let lines = ["bpf=no: Operation not permitted", "trace=no: tracing_on may not be written"]
    #expect(plan(lines).candidates == [.perfetto])
    #expect(reason(plan(lines), .t0) == "tracing_on may not be written")
    #expect(plan(lines, choice: .t0).candidates == [.perfetto])
    #expect(plan(lines, choice: .t2).candidates.isEmpty)
  }

  @Test func whatTheAgentDoesNotKnowIsTriedOnlyWhereThatIsHarmless() {
    #expect(plan([]).candidates == [.t2, .perfetto])
    #expect(
      plan(["bpf=unknown", "btf=unknown", "trace=unknown"]).candidates == [.t2, .t0, .perfetto])
  }
}
