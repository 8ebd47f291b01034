import Foundation

/// A catalogue with one more suite, `trouble`: short iterations, each with a step of the host in
/// the middle of an open window, which makes the trouble of a test in the second one.
struct TroubleShare: ~Copyable {
  private let share: TestShare
  var path: String { share.path }
  /// Where the script leaves its marks.
  var marks: String { "\(share.path)/marks" }

  /// `trouble` is a shell command, with the device's name for adb in `$1`.
  init(_ trouble: String, iterations: Int = 3) throws {
    let made = try TestShare()
    try made.write(
      """
      #!/bin/sh
      cd "$(dirname "$0")/marks" || exit 1
      echo once >> iterations
      [ "$(wc -l < iterations)" -eq 2 ] || exit 0
      \(trouble)
      exit 0
      """, to: "trouble.sh", mode: 0o755)
    try made.write("", to: "marks/iterations")
    try made.write(
      """
      workload: trouble
      description: a device that has trouble in the second iteration
      warmup: 0
      step_timeout: 60s
      phases:
        - phase: ping-pong
          preroll: 20ms
          steps:
            - run: latgate-load pingpong --ops 200
        - phase: trouble
          preroll: 20ms
          steps:
            - host: \(made.path)/trouble.sh {serial}
              timeout: 240s
            - run: echo still here
      """, to: "targets/workloads/trouble.yaml")
    try made.write(
      """
      suite: trouble
      description: a device that has trouble in the second iteration
      device: virtual
      workload: trouble
      probes: [runqueue]
      reference: reference
      candidate: same-again
      aa: true
      iterations: \(iterations)
      runs: {planned: 3, most: 3}
      settle: {limit: 60s, quiet: 500ms, uptime_min: 1s, cpu_busy_max: 100%, cpu_pressure_max: 100%}
      overhead: {iterations: 0}
      """, to: "targets/suites/trouble.yaml")
    share = made
  }

  func write(_ text: String, to file: String) throws { try share.write(text, to: file) }
}
