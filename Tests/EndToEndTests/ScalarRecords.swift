import Foundation

/// Run records with one scalar per run, or many, made as another program would: no device is
/// needed.
struct ScalarRecords {
  /// Relative standard deviation, about.
  var noise = 0.01
  var metric = "boot.time"
  /// How many scalars of a run there are; beyond the first, their names are numbered.
  var metrics = 1
  var target = "board"
  var suite = "boot"
  /// Runs that share a flash, and the relative standard deviation between flashes; nil = no flash
  /// is known.
  var flashes: (runs: Int, noise: Double)?
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// Writes runs of a build; the same seed gives the same records.
  /// - Returns: their paths.
  @discardableResult
  mutating func write(
    build: String, runs: Int, value: Double, day: Int, to directory: String
  ) throws -> [String] {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    var level = value
    return try (0..<runs).map { number in
      var flash: String?
      if let flashes {
        if number.isMultiple(of: flashes.runs) { level = value * (1 + flashes.noise * spread()) }
        flash = "\(build)-flash-\(number / flashes.runs)"
      }
      let id = "\(build)-\(number)"
      let path = "\(directory)/\(id).json"
      let record = record(
        id: id, build: build, flash: flash, value: level * (1 + noise * spread()),
        created: Date(timeIntervalSince1970: 1_790_000_000 + Double(86400 * day + 60 * number)))
      try JSONSerialization.data(withJSONObject: record, options: [.sortedKeys])
        .write(to: URL(fileURLWithPath: path))
      return path
    }
  }

  /// Near a standard normal: twelve uniform numbers less six.
  private mutating func spread() -> Double {
    (0..<12).reduce(-6.0) { sum, _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return sum + Double(state >> 11) / Double(1 << 53)
    }
  }

  private func record(
    id: String, build: String, flash: String?, value: Double, created: Date
  ) -> [String: Any] {
    var made = record(id: id, build: build, value: value, created: created)
    if let flash { made["flash"] = ["id": flash] }
    return made
  }

  private func record(id: String, build: String, value: Double, created: Date) -> [String: Any] {
    [
      "schema": "latgate.run/1", "id": id, "created": created.formatted(.iso8601),
      "toolVersion": "0", "target": target, "suite": suite, "workload": "boot", "tier": "T2",
      "probes": [Any](), "invalid": [Any](),
      "device": [
        "name": "board", "serial": "s1", "model": "m1", "transport": "adb", "abi": "arm64",
      ],
      "firmware": [
        "name": build, "id": build, "fingerprint": build, "kernelRelease": "6.1.0",
        "kernelBuildID": "",
      ],
      "boot": ["bootID": "boot-\(id)", "uptimeSeconds": 60],
      "iterations": [
        [
          "index": 0, "kind": "measured", "startedUptimeNs": 0, "covariates": [String: Double](),
          "notes": [String: String](),
          "phases": [
            [
              "name": "boot", "durationNs": 1, "drainNs": 0, "histograms": [Any](),
              "losses": [Any](), "steps": [Any](),
              "scalars": (0..<metrics).map { number in
                [
                  "metric": number == 0 ? metric : "\(metric)\(number)", "unit": "ms",
                  "value": value + Double(number), "better": "lower",
                ] as [String: Any]
              },
            ]
          ],
        ]
      ],
    ]
  }
}
