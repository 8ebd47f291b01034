import Catalogs
import Experiments
import RunRecords

/// What a check was asked for: enough to go on with it after it was interrupted.
struct CheckSetup: Codable, Sendable, Equatable {
  static let currentSchema = "latgate.check/2"

  var schema = Self.currentSchema
  /// Of the experiment, as in its records.
  var id: String
  var suite: String
  /// Name of the device file, or an address.
  var device: String
  /// The other device of a crossover; nil = lanes of the first.
  var partner: String?
  /// Names of firmwares.
  var reference: String
  var candidate: String
  /// Whether both are declared to be one firmware; nil in checks of older versions.
  var aa: Bool?
  /// Measured ones per run.
  var iterations: Int
  var layout: ExperimentDesign.Layout
  /// Runs per arm, planned and at most.
  var runs: Int
  var mostRuns: Int
  var lanes: Int
  var tier: Tier?
  var allowsMixed: Bool
  /// Name of the baseline that takes the reference's place; nil = the reference is run.
  var baseline: String?

  /// One name for both arms says so by itself.
  var isAA: Bool { aa == true || reference == candidate }

  var design: ExperimentDesign {
    ExperimentDesign(
      layout: layout, runs: runs, mostRuns: mostRuns, lanes: lanes)
  }
}

extension ExperimentDesign.Layout {
  /// The layout that a device calls for: a flash per run where firmwares are installed.
  /// - Throws: `UnknownName`, `DeviceError`.
  static func usual(
    for device: String, of suite: SuiteDefinition, in catalog: Catalog
  ) throws -> ExperimentDesign.Layout {
    let file = try LaneFactory.definition(of: device, in: catalog, fallback: suite.device)
    return file.hooks?[.flash] == nil ? .boots : .flashes
  }
}
