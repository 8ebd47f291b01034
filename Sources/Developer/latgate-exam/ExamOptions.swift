import RegressionAnalysis

/// The command line of the exam.
struct ExamOptions {
  /// A table, or the time that judging or drawing takes.
  enum Part: String, CaseIterable {
    case cost
    case page
    case alarms
    case power
    case fleet
  }

  /// Why a command line is none.
  struct OptionError: Error {
    var text: String
  }

  static let usage =
    "usage: latgate-exam [--experiments N] [--changed N] [--campaigns N] "
    + "[--class quiet|typical|noisy] [--part cost|page|alarms|power|fleet] [--cell TEXT]"

  /// Experiments per cell without and with a change.
  var unchanged = 4000
  var changed = 400
  /// Campaigns with an unchanged firmware.
  var campaigns = 1000
  /// Of campaigns, only lines whose title has this text.
  var cell = ""
  var classes = NoiseClass.allCases
  var parts = Part.allCases

  init(_ arguments: [String]) throws(OptionError) {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else { throw OptionError(text: "\(name) needs a value") }
      switch name {
      case "--experiments": unchanged = try Self.count(name, value)
      case "--changed": changed = try Self.count(name, value)
      case "--campaigns": campaigns = try Self.count(name, value)
      case "--cell": cell = value
      case "--class":
        guard let one = NoiseClass(rawValue: value) else {
          throw OptionError(text: "no class \(value)")
        }
        classes = [one]
      case "--part":
        guard let one = Part(rawValue: value) else { throw OptionError(text: "no part \(value)") }
        parts = [one]
      default: throw OptionError(text: "unknown option \(name)")
      }
    }
  }

  private static func count(_ name: String, _ value: String) throws(OptionError) -> Int {
    guard let number = Int(value), number > 0 else {
      throw OptionError(text: "\(name) must be a number above 0")
    }
    return number
  }
}
