import FleetAnalysis
import Foundation
import RegressionAnalysis

/// Campaigns in the field whose truth is known, judged by the same code as real ones.
struct FleetExam {
  /// One line: campaigns of a kind, and the bound that their ends must keep.
  struct Cell {
    enum Bound {
      /// Share that is stopped or fails a guard, at most.
      case falselyEnded(Double)
      /// Reports of both arms until the median stop, at most.
      case stopped(within: Int)
      /// No promotion at all.
      case neverPromoted
      /// Share that is promoted, at least.
      case promoted(Double)
    }

    var title: String
    var simulation: CampaignSimulation
    var bound: Bound

    func isMet(_ result: CampaignSimulation.Result) -> Bool {
      let all = Double(simulation.campaigns)
      return switch bound {
      case .falselyEnded(let most): Double(result.stopped + result.guardFailed) <= most * all
      case .stopped(let most):
        2 * result.stopped > simulation.campaigns
          && result.daysToStop[simulation.campaigns / 2] <= most
      case .neverPromoted: result.promoted == 0
      case .promoted(let least): Double(result.promoted) >= least * all
      }
    }

    var boundText: String {
      switch bound {
      case .falselyEnded(let most): String(format: "ended <= %.3f", most)
      case .stopped(let most): "median <= \(most)"
      case .neverPromoted: "promoted = 0"
      case .promoted(let least): String(format: "promoted >= %.2f", least)
      }
    }
  }

  /// All lines; `campaigns` are of the unchanged firmware, the others are a tenth of it each.
  static func cells(_ campaigns: Int) -> [Cell] {
    let few = max(1, campaigns / 10)
    func cell(
      _ title: String, _ bound: Cell.Bound, campaigns: Int, devices: Int = 1000, days: Int = 30,
      harm: SimulatedHarm = SimulatedHarm(), seed: UInt64 = 1,
      change: (inout SimulatedFleet) -> Void = { _ in }
    ) -> Cell {
      var fleet = SimulatedFleet()
      fleet.devices = devices
      fleet.days = days
      change(&fleet)
      return Cell(
        title: title,
        simulation: CampaignSimulation(
          fleet: fleet, harm: harm, campaigns: campaigns, seed: seed), bound: bound)
    }
    return [
      cell("unchanged, 30 looks", .falselyEnded(0.01), campaigns: campaigns),
      cell(
        "unchanged, devices not known before", .falselyEnded(0.01), campaigns: few, seed: 2
      ) { $0.daysBefore = 0 },
      cell("unchanged, unsteady devices", .falselyEnded(0.01), campaigns: few, seed: 3) {
        $0.periodDeviation = 0.2
        $0.badDays = 0.1
      },
      cell(
        "unchanged, 250 devices an arm", .falselyEnded(0.01), campaigns: few, devices: 250, seed: 4),
      cell(
        "unchanged, 5000 devices an arm", .promoted(0.9), campaigns: max(1, few / 5),
        devices: 5000, days: 7, seed: 5),
      cell(
        "p90 +10% in one metric", .stopped(within: 5000), campaigns: few,
        harm: SimulatedHarm(shift: 0.1), seed: 6),
      cell(
        "p90 +10%, devices not known before", .stopped(within: 5000), campaigns: few / 5,
        devices: 2400, days: 7, harm: SimulatedHarm(shift: 0.1), seed: 7
      ) { $0.daysBefore = 0 },
      cell(
        "p90 +20% in one metric", .stopped(within: 5000), campaigns: few,
        harm: SimulatedHarm(shift: 0.2), seed: 8),
    ]
      + [
        cell(
          "p90 +15%, slowest 3% of devices lost", .neverPromoted, campaigns: few, days: 14,
          harm: SimulatedHarm(shift: 0.15, slowestLost: 0.03), seed: 11)
      ]
      + [0.005, 0.01, 0.02, 0.05].map {
        cell(
          "slowest \($0 * 100)% of devices lost", .neverPromoted, campaigns: few, days: 14,
          harm: SimulatedHarm(slowestLost: $0), seed: 9)
      }
      + [0.01, 0.02].map {
        cell(
          "slowest \($0 * 100)% lost, 5000 devices an arm", .neverPromoted,
          campaigns: max(1, few / 5), devices: 5000, days: 7,
          harm: SimulatedHarm(slowestLost: $0), seed: 10)
      }
  }

  /// Prints a line for each cell whose title has the text `cell`.
  /// - Returns: how many bounds are broken.
  static func run(campaigns: Int, cell text: String = "") async -> Int {
    print(
      "\nCampaigns in the field: 1000 devices an arm, 2 metrics, a report and a look a day, unless "
        + "said\notherwise; medians are reports of both arms together")
    print(
      line("", ["campaigns", "stopped", "guard", "promoted", "to stop", "to promote", "bound"]))
    var broken = 0
    for cell in cells(campaigns) where text.isEmpty || cell.title.contains(text) {
      let result = await cell.simulation.run(
        width: max(1, ProcessInfo.processInfo.activeProcessorCount))
      let isBroken = !cell.isMet(result)
      if isBroken { broken += 1 }
      func median(_ values: [Int]) -> String {
        values.isEmpty ? "-" : String(values[values.count / 2])
      }
      print(
        line(
          cell.title,
          [
            "\(cell.simulation.campaigns)", "\(result.stopped)", "\(result.guardFailed)",
            "\(result.promoted)", median(result.daysToStop), median(result.daysToPromote),
            cell.boundText,
          ]) + (isBroken ? " BROKEN" : ""))
      fflush(nil)
    }
    return broken
  }

  private static func line(_ title: String, _ columns: [String]) -> String {
    let widths = [10, 8, 7, 9, 9, 11, 18]
    return title.padding(toLength: 42, withPad: " ", startingAt: 0)
      + zip(columns, widths).map { text, width in
        String(repeating: " ", count: max(1, width - text.count)) + text
      }.joined()
  }
}
