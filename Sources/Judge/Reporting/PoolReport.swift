import Foundation

/// What became of every device of a pool.
package struct PoolReport: Sendable, Equatable, Encodable {
  package struct Device: Sendable, Equatable, Encodable {
    /// Of its directory and its lines.
    package var name: String
    /// As the user or the pool's file names it.
    package var device: String
    /// Of the command on this device alone.
    package var exitCode: Int32
    /// `pass`, `regression`, …: what ``exitCode`` means.
    package var outcome: String
    /// The verdict's first line, or the error.
    package var detail: String
    /// Its records and reports.
    package var directory: String
    package var seconds: Double

    package init(
      name: String, device: String, exitCode: Int32, detail: String, directory: String,
      seconds: Double
    ) {
      self.name = name
      self.device = device
      self.exitCode = exitCode
      self.outcome = PoolReport.words[exitCode] ?? "ended with \(exitCode)"
      self.detail = detail
      self.directory = directory
      self.seconds = seconds
    }
  }

  package var schema = "latgate.pool/1"
  /// `check` or `run`.
  package var command: String
  package var suite: String
  /// Of the pool's file; nil for devices of the command line.
  package var pool: String?
  package var exitCode: Int32
  package var devices: [Device]

  package init(command: String, suite: String, pool: String?, devices: [Device]) {
    self.command = command
    self.suite = suite
    self.pool = pool
    self.devices = devices
    exitCode = Self.worst(devices.map(\.exitCode))
  }

  private static let words: [Int32: String] = [
    0: "pass", 1: "regression", 2: "inconclusive", 3: "gate failed", 64: "usage",
    65: "bad input", 69: "unavailable", 70: "internal error", 130: "interrupted",
  ]

  /// Exit codes, the gravest first.
  ///
  /// A regression confirmed on one device is a fact about the firmware that no other device takes
  /// back. Then faults that must be repaired before anything can be measured, then data that do
  /// not count, then a device that is away, which a later job may find, then what more runs would
  /// decide. Pass is only what all devices passed.
  private static let order: [Int32] = [130, 1, 70, 65, 64, 3, 69, 2, 0]

  /// The code of the whole pool; one that latgate does not have counts as an internal error.
  package static func worst(_ codes: [Int32]) -> Int32 {
    let known = codes.map { order.contains($0) ? $0 : 70 }
    return order.first(where: known.contains) ?? 70
  }

  /// A JSON document.
  package func json() throws -> Data {
    try encodedJSON(self)
  }

  /// The table for a terminal or a log, with a newline after each line.
  package func text(width: Int, style: TextStyle) -> String {
    var table = TextTable(columns: [
      .init(title: "device"), .init(title: "result"), .init(title: "took", alignment: .right),
      .init(title: "", isElastic: true),
    ])
    for device in devices {
      let emphasis: Emphasis =
        device.exitCode == 0 ? .good : device.exitCode == 1 ? .bad : .doubtful
      table.add(
        .init(device.name), .init(device.outcome, emphasis),
        .init(humanSpan(seconds: device.seconds)), .init(device.detail))
    }
    var counts: [(String, Int)] = []
    for code in Self.order + Set(devices.map(\.exitCode)).subtracting(Self.order).sorted() {
      let fitting = devices.filter { $0.exitCode == code }
      if let first = fitting.first { counts.append((first.outcome, fitting.count)) }
    }
    let sum = counts.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
    let title = "\(command) \(suite) on \(counted(devices.count, "device")): \(sum)"
    let lines =
      [Emphasis.strong.applied(to: oneLine(title), style)] + table.lines(width: width, style: style)
    return lines.map { $0 + "\n" }.joined()
  }
}
