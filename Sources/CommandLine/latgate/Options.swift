import ArgumentParser
import Catalogs
import Devices
import Experiments
import Foundation
import Jobs
import POSIXSupport
import RecordStore
import RunRecords

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Directory with bpf/, targets/ and the agent's sources.",
      discussion: "Default: $LATGATE_SHARE, <executable>/../share/latgate, or the repository.",
      valueName: "directory"), completion: .directory)
  var share: String?

  @Flag(name: .shortAndLong, help: "Only results and errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say what is being done in detail.")
  var verbose = false

  @Flag(name: .customLong("no-color"), help: "No colour, as with NO_COLOR in the environment.")
  var noColor = false

  /// For a process that works for another one, which it must not outlive.
  @Flag(name: .customLong("ends-with-input"), help: .hidden)
  var endsWithInput = false

  var console: Console { Console(quiet: quiet, verbose: verbose, noColor: noColor) }
}

extension Workbench {
  init(_ common: CommonOptions) throws {
    try self.init(share: common.share, console: common.console)
  }

  /// For a question to a device: of the catalogue only what finds it.
  init(_ common: CommonOptions, asking device: String) throws {
    try self.init(share: common.share, console: common.console, asking: device)
  }
}

extension DeviceScan {
  init(_ common: CommonOptions) {
    self.init(share: common.share, console: common.console)
  }
}

/// Which way into the kernel a user allows.
struct TierOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only this way into the kernel: T2 loads programs, T1 uses those of the firmware, T0 trace "
        + "events.",
      discussion: "Default: for each probe the first of T2, T1, T0 that works.",
      valueName: "tier"))
  var tier: Tier?
}

/// Where latgate remembers what it learnt.
struct StoreOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The store: a file with runs, baselines, noise profiles, waivers and quarantine.",
      discussion: """
        Default: $LATGATE_STORE, or latgate/latgate.sqlite in the user's state directory. Of a file \
        that is named the directory has to exist; commands that only read it need the file, too.
        """,
      valueName: "file"), completion: .file())
  var store: String?

  /// Opens it; where `isThere`, a file that was named must be there, as for a command that only
  /// reads. Throws `StoreError`, `MissingHomeError`.
  func open(isThere: Bool = false) async throws -> Store {
    let environment = ProcessInfo.processInfo.environment
    let path = try Store.location(option: store, environment: environment)
    if store != nil || environment["LATGATE_STORE"]?.isEmpty == false {
      // A mistyped path must not create a store that is never found again.
      let needed =
        isThere && store != nil
        ? path : URL(fileURLWithPath: path).deletingLastPathComponent().path
      guard FileManager.default.fileExists(atPath: needed) else {
        throw StoreError(path: path, reason: "\(needed) is not there", kind: .missing)
      }
    }
    if PathKind.isDirectory(path) {
      throw StoreError(path: path, reason: "it is a directory", kind: .unreadable)
    }
    return try await Store.open(path: path)
  }
}

/// How programs are loaded on a device that has not survived them yet.
struct SafetyOptions: ParsableArguments {
  @OptionGroup var store: StoreOptions

  @Flag(
    help: ArgumentHelp(
      "Load all probes at once, also on a build that has not survived them yet.",
      discussion: "Without it a new probe is loaded and attached alone first."))
  var trust = false

  /// - Throws: `StoreError`.
  func open() async throws -> LoadSafety {
    LoadSafety(store: try await store.open(), trusts: trust)
  }
}

/// How a device is shared with other jobs.
struct WaitOptions: ParsableArguments {
  @Option(
    name: .customLong("wait-for-device"),
    help: ArgumentHelp(
      "How long to wait for a device that another job uses, such as 10m.",
      discussion: "Default: fail at once (69) and say who has it.", valueName: "time"),
    transform: duration)
  var wait: Duration = .zero
}

/// How a device is shared with other jobs, and what is done when it goes away.
struct DeviceOptions: ParsableArguments {
  @OptionGroup var waiting: WaitOptions

  var wait: Duration { waiting.wait }

  @Option(
    help: ArgumentHelp(
      "How long to wait for a device that goes away in the middle of a run, such as 60s.",
      discussion: """
        Back in the same boot, it loses the iteration under way; after a restart its run begins \
        again. 0s: the run fails at once. Default: the device file's (60s).
        """, valueName: "time"),
    transform: duration)
  var reconnect: Duration?
}

/// Refuses a number of iterations that no suite may have.
func requireIterations(_ iterations: Int?) throws {
  let most = SuiteDefinition.mostIterations
  guard let iterations, !(1...most).contains(iterations) else { return }
  throw ValidationError("--iterations takes 1 to \(most)")
}

private func duration(_ text: String) throws -> Duration {
  guard let duration = Duration(quantity: text) else {
    throw ValidationError("'\(text)' is no duration, such as 90s, 10m or 1h")
  }
  return duration
}

/// Whether probes that were attached in different ways may be compared.
struct MixingOptions: ParsableArguments {
  @Flag(
    name: .customLong("allow-mixed"),
    help: ArgumentHelp(
      "Compare probes that were attached in different ways in the two arms.",
      discussion: "Their metrics are invalid without it; with it the evidence is weak."))
  var allowMixed = false
}

/// Whether a device is asked for its logs when a run fails.
struct FailureOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: "When a run fails, keep the device's logs (dmesg, logcat, pstore) beside the results.")
  var bugReport = true
}

extension Tier: ExpressibleByArgument {}
