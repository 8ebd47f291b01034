/// A catalogue with one more suite, `endless`: runqueue, and a load of minutes.
struct EndlessShare: ~Copyable {
  /// Directory on the device that the workload's setup makes and its teardown removes, after a step
  /// that fails.
  static let traces = "/data/local/tmp/latgate-test"

  private let share: TestShare
  var path: String { share.path }

  /// Without `hasSetup` the workload leaves nothing on the device that only its teardown removes.
  init(hasSetup: Bool = true) throws {
    let made = try TestShare()
    let setup = """
      setup:
        - shell: mkdir \(Self.traces); touch \(Self.traces)/one \(Self.traces)/two
      teardown:
        - shell: "false"
        - shell: rm -r \(Self.traces)

      """
    try made.write(
      """
      workload: endless
      description: ends only when it is ended
      warmup: 0
      step_timeout: 5m
      \(hasSetup ? setup : "")phases:
        - phase: ping-pong
          steps:
            - run: latgate-load pingpong --ops 1000000000
      """, to: "targets/workloads/endless.yaml")
    try made.write(
      """
      suite: endless
      description: ends only when it is ended
      device: virtual
      workload: endless
      probes: [runqueue, block, binder]
      reference: reference
      candidate: same-again
      aa: true
      iterations: 1
      settle: {limit: 60s, quiet: 500ms, uptime_min: 1s, cpu_busy_max: 100%, cpu_pressure_max: 100%}
      overhead: {iterations: 0}
      """, to: "targets/suites/endless.yaml")
    share = made
  }
}
