import ArgumentParser
import Experiments
import Foundation
import RecordStore
import RunRecords

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folder with bpf/, targets/ and the agent's sources.",
      discussion: "Default: $LATGATE_SHARE, <executable>/../share/latgate, or the repository.",
      valueName: "folder"))
  var share: String?

  @Flag(name: .shortAndLong, help: "Only results and errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say what is being done in detail.")
  var verbose = false

  @Flag(name: .customLong("no-color"), help: "No colour, as with NO_COLOR in the environment.")
  var noColor = false

  var console: Console { Console(quiet: quiet, verbose: verbose, noColor: noColor) }
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
      "File in which latgate remembers what devices did.",
      discussion: "Default: $LATGATE_STORE, or latgate/latgate.sqlite in the user's state folder.",
      valueName: "file"))
  var store: String?

  /// - Throws: `StoreError`.
  func open() async throws -> Store {
    try await Store.open(
      path: try Store.location(
        option: store, environment: ProcessInfo.processInfo.environment))
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

/// How a result is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case terminal
  case json
}
