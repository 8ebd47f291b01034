import Catalogs
import Foundation

/// Names that a shell offers for what is being typed: those of the catalogue, of devices that are
/// connected, and of a device's events.
///
/// A shell's user waits for them, so what does not answer in time is left out. Faults are silent
/// here: the command itself reports them.
package struct NameCompletion: Sendable {
  private let words: TypedWords
  private let share: String?
  private let catalog: Catalog

  /// How long a device may take to say which events it has.
  private static let limit = Duration.seconds(2)

  /// `words` are those of the command line so far.
  package init(words: [String]) {
    self.words = TypedWords(words)
    share = self.words.value(of: "--share")
    catalog = (try? Workbench(share: share, console: Self.console).catalog) ?? Catalog()
  }

  private static var console: Console { Console(quiet: true, verbose: false, noColor: true) }

  package var suites: [String] { catalog.suites.keys.sorted() }
  package var workloads: [String] { catalog.workloads.keys.sorted() }
  package var pools: [String] { catalog.pools.keys.sorted() }
  package var probes: [String] { catalog.probes.keys.sorted() }

  /// Metrics of probes and the scalars of workloads.
  package var metrics: [String] { KnownMetrics(catalog: catalog).names }

  /// Firmwares of the device that the command line names, else of its suite's device.
  package var firmwares: [String] {
    let suite = (words.value(of: "--suite") ?? words.first(among: catalog.suites.keys))
      .flatMap { catalog.suites[$0] }
    let device = words.value(of: "--device") ?? suite?.device
    return device.flatMap { catalog.devices[$0]?.firmwares.keys.sorted() } ?? []
  }

  /// Device files, and devices that are connected or running.
  package func devices() async -> [String] {
    let there = try? await DeviceScan(share: share, console: Self.console).all()
    return Set(catalog.devices.keys).union((there ?? []).map(\.row.name)).sorted()
  }

  /// Events of the device that the command line names, else of this machine, in the form of
  /// `prefix`: with their system where it has one.
  package func events(prefix: String) async -> [String] {
    let device = words.value(of: "--device") ?? "local"
    let scan = DeviceScan(share: share, console: Self.console)
    let found = try? await scan.within(Self.limit, device) {
      try await scan.using(device) { device, _ in
        try await EventReader(device: device, identity: device.identify()).names()
      }
    }
    let names = found ?? []
    guard !prefix.contains(":") else { return names }
    return Set(names.compactMap { $0.split(separator: ":").last.map(String.init) }).sorted()
  }
}
