import ArgumentParser
import Catalogs
import Devices
import Experiments
import Foundation
import Jobs
import RegressionAnalysis
import Reporting

/// One run on one device, and what it measured.
struct SingleRun {
  let console: Console
  let bench: Workbench
  var plan: Plan
  /// Nil = the suite's.
  let device: String?
  /// Nil = the suite's reference.
  var firmware: String?
  /// Directory of the record; nil = none is kept.
  var output: String?
  /// How long a device that another job uses is waited for.
  var wait: Duration = .zero
  /// Whether a device is asked for its logs when the run fails.
  var keepsReports = true
  /// Whether the device's present state is the result.
  var isLook = false
  /// Whether quiet is waited for and the machine's speed taken.
  var asksBench = true
  /// What has its windows watched, on a display of its own; it takes their records.
  var live: LiveFeed?
  /// Completes the plan by what the device is.
  var prepare: (any Device, DeviceIdentity, inout Plan) async throws -> Void = { _, _, _ in }

  /// `show` gets the result, whose faults end the command with 3 unless it was watched.
  func run(
    on display: RunDisplay? = nil, show: (RunReport) throws -> Void
  ) async throws {
    var plan = plan
    let display = display ?? RunDisplay(console: console, runs: 1)
    defer { display.end() }
    let factory = try bench.laneFactory(
      wait: wait, commandLog: output.map { "\($0)/commands.log" },
      waiting: { display.line($0) }, progress: { display.line($0) })
    let target = try await factory.single(
      device: device ?? plan.suite.device, id: "run-\(getpid())")
    defer { target.release() }
    guard let lane = target.lanes.first else { return }
    let firmware = firmware ?? plan.suite.reference ?? "running"
    let kept = FailureFiles(
      console: console, directory: output ?? ResultPlace.usualDirectory, isWanted: keepsReports)
    var reached: (any Device)?
    do {
      let started = try await lane.start(firmware: firmware)
      reached = started.device
      let identity =
        if let known = started.identity { known } else { try await started.device.identify() }
      try await prepare(started.device, identity, &plan)
      var request = try await plan.request(
        bench: bench, device: started.device, identity: identity, definition: target.definition,
        transport: lane.transport, firmware: firmware, firmwareID: started.firmwareID)
      request.take(started)
      if isLook { request.stability = .none }
      request.asksBench = asksBench
      request.watcher = live
      let record = try await RunExecutor(
        request: request, device: started.device, recover: { try await lane.recover() }
      ) {
        display.progress(order: 0, $0)
      }.run()
      let result = RunReport(
        record, lossLimit: plan.suite.limits.lossMax.fraction,
        limits: VerdictPolicy(suite: plan.suite, freeSwitching: false).deadlines)
      if live != nil {
        await lane.finish()
        return try show(result)
      }
      let reasons = record.invalid.map(\.reason) + (result.faults ?? [])
      // A device that did nothing while it was looked at has not failed.
      let failures = isLook ? record.invalid.map(\.reason) : reasons
      if !result.scopeMatchedNothing, !failures.isEmpty {
        await kept.collect(
          "bugreport-\(timestamp())", of: reached, reason: failures.joined(separator: "\n"))
      }
      await lane.finish()
      // What fails from here on is no fault of it, and it may be down.
      reached = nil
      display.end()
      let written = output.map { directory in
        Result { try RecordFiles.write(record, to: directory) }
      }
      // What was measured is shown even when its file could not be written, and the other way round.
      let shown = Result { try show(result) }
      if let written { console.note("record: \(try written.get())") }
      try shown.get()
      if result.scopeMatchedNothing { throw ExitStatus.badInput.code }
      if !reasons.isEmpty { throw ExitStatus.gateFailed.code }
    } catch {
      // A wrong line is no fault of the device.
      if !(error is ExitCode), !(error is MeasureError) {
        await kept.collect(
          "bugreport-\(timestamp())", of: reached, reason: "\(error)", error: error)
      }
      await lane.finish()
      throw error
    }
  }
}
