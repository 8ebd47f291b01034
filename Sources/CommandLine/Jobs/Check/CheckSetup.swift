import Catalogs
import Experiments
import RunRecords

/// What a check was asked for: enough to resume it after an interruption.
package struct CheckSetup: Codable, Sendable, Equatable {
  package static let currentSchema = "latgate.check/2"

  package var schema = Self.currentSchema
  /// Of the experiment, as in its records.
  package var id: String
  package var suite: String
  /// Name of the device file, or an address.
  package var device: String
  /// The other device of a crossover; nil = lanes of the first.
  package var partner: String?
  /// Names of firmwares.
  package var reference: String
  package var candidate: String
  /// Whether both are declared to be one firmware; nil in checks of older versions.
  package var aa: Bool?
  /// Measured ones per run.
  package var iterations: Int
  package var layout: ExperimentDesign.Layout
  /// Runs per arm, planned and at most.
  package var runs: Int
  package var mostRuns: Int
  package var lanes: Int
  package var tier: Tier?
  package var allowsMixed: Bool
  /// Lines that are measured beside the suite's probes; nil = none.
  package var measures: [String]?
  /// Name of the baseline that takes the reference's place; nil = the reference is run.
  package var baseline: String?

  package init(
    id: String, suite: String, device: String, partner: String? = nil, reference: String,
    candidate: String, aa: Bool? = nil, iterations: Int, layout: ExperimentDesign.Layout, runs: Int,
    mostRuns: Int, lanes: Int, tier: Tier? = nil, allowsMixed: Bool, baseline: String? = nil
  ) {
    self.id = id
    self.suite = suite
    self.device = device
    self.partner = partner
    self.reference = reference
    self.candidate = candidate
    self.aa = aa
    self.iterations = iterations
    self.layout = layout
    self.runs = runs
    self.mostRuns = mostRuns
    self.lanes = lanes
    self.tier = tier
    self.allowsMixed = allowsMixed
    self.baseline = baseline
  }

  /// One name for both arms says so by itself.
  package var isAA: Bool { aa == true || reference == candidate }

  package var design: ExperimentDesign {
    ExperimentDesign(
      layout: layout, runs: runs, mostRuns: mostRuns, lanes: lanes)
  }
}

extension CheckSetup {
  /// Refuses numbers that no check was begun with: a design of them would have no runs, or no end.
  ///
  /// Most runs may be fewer than the planned ones, which then count.
  /// - Throws: `JSONError` with the field.
  func validate() throws(JSONError) {
    let numbers = [
      ("iterations", iterations, SuiteDefinition.mostIterations),
      ("runs", runs, SuiteDefinition.Runs.mostMade),
      ("mostRuns", mostRuns, SuiteDefinition.Runs.mostMade), ("lanes", lanes, Self.mostLanes),
    ]
    for (field, number, most) in numbers where !(1...most).contains(number) {
      throw .field(path: field, problem: "is \(number), where 1 to \(most) is needed")
    }
    if id.isEmpty { throw .field(path: "id", problem: "is empty") }
  }

  /// Devices that are used at one time.
  private static let mostLanes = 2
}

extension ExperimentDesign.Layout {
  /// The layout that a device calls for: a flash per run where firmwares are installed.
  /// - Throws: `UnknownNameError`, `DeviceError`.
  package static func usual(
    for device: String, of suite: SuiteDefinition, in catalog: Catalog
  ) throws -> ExperimentDesign.Layout {
    let file = try LaneFactory.definition(of: device, in: catalog, fallback: suite.device)
    return file.commands?[.flash] == nil ? .boots : .flashes
  }
}
