import Foundation
import Testing

/// A probe that is tried again whenever its file is saved.
@Suite(.serialized, .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct WatchedProbeTests {
  private static func manifest(_ metric: String, _ event: String = "sched_switch") -> String {
    """
    probe: watched
    title: Switches
    question: How often do CPUs switch?
    cost: low
    privacy: none
    metrics:
      - metric: watched.\(metric)
        help: switches of CPUs
        kind: counter
        unit: events
        at: [{event: sched/\(event), fields: {next: arg2.task_struct.prio}}]
        key: [{field: next, size: 4}]

    """
  }

  @Test("what is saved is tried at once, faults are shown, and an interrupt ends it")
  func watches() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let file = "\(path)/watched.yaml"
    func save(_ text: String) throws {
      try text.write(toFile: file, atomically: true, encoding: .utf8)
    }
    try save(Self.manifest("first"))
    let call = try Tool().start(["probes", "try", file, "--watch", "--for", "50ms"])
    /// Waits until it has waited so often.
    func requireWaits(_ count: Int) async throws {
      let waits = try await eventually(within: .seconds(60)) {
        call.errorsSoFar.components(separatedBy: "waiting until").count - 1 >= count
          || !call.isRunning
      }
      try #require(waits && call.isRunning, "\(call.errorsSoFar)\(call.outputSoFar)")
    }
    /// Both streams are read by threads of their own, and one may be behind.
    func expectOutput(_ text: String) async throws {
      let isSaid = try await eventually(within: .seconds(20)) { call.outputSoFar.contains(text) }
      #expect(isSaid, "\(call.errorsSoFar)\(call.outputSoFar)")
    }
    try await requireWaits(1)
    try await expectOutput("watched.first")

    try save(Self.manifest("second").replacing("cost: low", with: "cost: lo"))
    try await requireWaits(2)
    #expect(call.errorsSoFar.contains("'lo'"), "\(call.errorsSoFar)")
    #expect(!call.outputSoFar.contains("watched.second"))

    try save(Self.manifest("second", "sched_swich"))
    try await requireWaits(3)
    #expect(call.errorsSoFar.contains("sched_swich"), "\(call.errorsSoFar)")

    try save(Self.manifest("second"))
    try await requireWaits(4)
    try await expectOutput("watched.second")

    call.signal(SIGINT)
    let ended = try await call.end(within: .seconds(30))
    #expect(ended.exitCode == 130, "\(ended.errors)")
  }
}
