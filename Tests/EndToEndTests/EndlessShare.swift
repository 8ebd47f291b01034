import Foundation

/// A catalogue with one more suite, `endless`: runqueue, and a load of minutes.
struct EndlessShare: ~Copyable {
  /// Folder on the device that the workload's setup makes and its teardown removes, after a step
  /// that fails.
  static let traces = "/data/local/tmp/latgate-test"

  private let folder: TemporaryFolder
  var path: String { folder.path }

  init() throws {
    let made = try TemporaryFolder()
    try Self.fill(made.path)
    folder = made
  }

  private static func fill(_ path: String) throws {
    let files = FileManager.default
    for part in ["bpf", "Sources"] {
      try files.createSymbolicLink(
        atPath: "\(path)/\(part)", withDestinationPath: "\(Tool.repository)/\(part)")
    }
    try files.copyItem(
      atPath: "\(Tool.repository)/targets", toPath: "\(path)/targets")
    try """
    workload: endless
    description: ends only when it is ended
    warmup: 0
    step_timeout: 5m
    setup:
      - shell: mkdir \(traces); touch \(traces)/one \(traces)/two
    teardown:
      - shell: "false"
      - shell: rm -r \(traces)
    phases:
      - phase: ping-pong
        steps:
          - run: latgate-load pingpong --ops 1000000000
    """.write(
      toFile: "\(path)/targets/workloads/endless.yaml", atomically: true, encoding: .utf8)
    try """
    suite: endless
    description: ends only when it is ended
    device: virtual
    workload: endless
    probes: [runqueue, block, binder]
    reference: reference
    candidate: same-again
    iterations: 1
    settle: {limit: 60s, quiet: 500ms, uptime_min: 1s}
    overhead: {iterations: 0}
    """.write(
      toFile: "\(path)/targets/suites/endless.yaml", atomically: true, encoding: .utf8)
  }
}
