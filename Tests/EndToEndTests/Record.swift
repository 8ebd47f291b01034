import Foundation
import Testing

/// The parts of a run record that tests look at, read as any other program would read them.
struct Record: Decodable {
  struct Probe: Decodable {
    struct Hook: Decodable {
      var hook: String
      var rung: String
      var why: String
    }

    var name: String
    var status: String
    var tier: String?
    var reason: String?
    var hooks: [Hook]
  }

  struct Iteration: Decodable {
    var kind: String
    var phases: [Phase]
    var covariates: [String: Double]
    var dropped: String?
    var dropCause: String?
  }

  struct Mark: Decodable {
    var reason: String
  }

  struct Phase: Decodable {
    var name: String
    var results: [Result]
    var losses: [Loss]
    var steps: [Step]

    var histograms: [Result] { results.filter { $0.kind == "histogram" } }
  }

  /// What a metric gave. What is not of its kind is nil.
  struct Result: Decodable {
    struct Column: Decodable {
      var name: String
    }

    enum Value: Decodable, Equatable {
      case number(UInt64)
      case text(String)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(UInt64.self) {
          self = .number(number)
        } else {
          self = .text(try container.decode(String.self))
        }
      }
    }

    struct Stack: Decodable {
      struct Frame: Decodable {
        var buildID: String?
        var address: String
      }

      var count: UInt64
      var sum: UInt64
      var kernel: [String]
      var user: [Frame]
    }

    var kind: String
    var metric: String
    var stacks: [Stack]?
    var labels: [String: String]?
    var count: UInt64?
    var sum: UInt64?
    /// Index and count of each that is not empty.
    var buckets: [[UInt64]]?
    var columns: [Column]?
    var rows: [[Value]]?
    var dropped: UInt64?
  }

  struct Loss: Decodable {
    var metric: String
    var started: UInt64
    var recorded: UInt64
    var overwritten: UInt64
    var cancelled: UInt64
    var censored: UInt64
    var excluded: UInt64
  }

  struct Scope: Decodable {
    var kind: String
    var value: String
  }

  struct Step: Decodable {
    var exitCode: Int?
  }

  struct BTF: Decodable {
    var buildID: String?
    var isProven: Bool
  }

  struct Interruption: Decodable {
    var cause: String
    var outcome: String
    var powerCycles: Int
  }

  struct Device: Decodable {
    var transport: String
  }

  struct Firmware: Decodable {
    var name: String
    var kernelRelease: String
  }

  var btf: BTF?
  var scope: Scope?
  var device: Device
  var firmware: Firmware
  var interruptions: [Interruption]?
  /// Name of the device file.
  var target: String
  var probes: [Probe]
  var iterations: [Iteration]
  var invalid: [Mark]

  var measured: [Iteration] { iterations.filter { $0.kind == "measured" } }

  /// Those of the measured iterations.
  var phases: [Phase] { measured.flatMap(\.phases) }

  /// Operations of a metric with at least these labels in a phase, over measured iterations.
  func count(_ metric: String, _ labels: [String: String], in phase: String) -> UInt64 {
    phases.filter { $0.name == phase }.flatMap(\.histograms)
      .filter { histogram in
        histogram.metric == metric && labels.allSatisfy { histogram.labels?[$0.key] == $0.value }
      }
      .reduce(0) { $0 + ($1.count ?? 0) }
  }

  /// Path of the one record in a directory; a bug report may lie beside it.
  static func onlyPath(in directory: String) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory)
      .filter { !$0.hasPrefix("bugreport-") }
    try #require(names.count == 1, "\(names)")
    return "\(directory)/\(names[0])"
  }

  /// The one record in a directory.
  static func only(in directory: String) throws -> Record { try read(try onlyPath(in: directory)) }

  static func read(_ path: String) throws -> Record {
    try JSONDecoder().decode(Record.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// The device was lost in the second of three iterations and came back in the same boot: one
  /// iteration is lost, and only that.
  func expectResumed() {
    #expect(measured.map(\.dropCause) == [nil, "device lost", nil])
    #expect(interruptions?.map(\.outcome) == ["resumed"])
    #expect(interruptions?.map(\.powerCycles) == [0])
    #expect(count("runqueue.wait", ["class": "workload"], in: "ping-pong") > 0)
    #expect(measured.last?.phases.count == 2)
  }
}
