import Catalogs
import Foundation
import POSIXSupport
import ProbeBuild

/// What most commands begin with: the share directory, the catalogue and built probes.
package struct Workbench: Sendable {
  package let share: ShareRoot
  package let catalog: Catalog
  package let console: Console

  /// `option` is the value of `--share`, if given; with a device's name, files of devices alone are
  /// read where they are all that it takes: reading all others takes longer than a question.
  package init(share option: String?, console: Console, asking device: String? = nil) throws {
    self.console = console
    share = try ShareRoot.find(option: option)
    let own = UserDirectories.configPath(environment: ProcessInfo.processInfo.environment)
    let sources = ([share.path] + (own.map { [$0] } ?? [])).map { DirectoryFiles(root: $0) }
    var catalog = try Catalog.loadSound(sources, only: device == nil ? nil : [.devices])
    // Its firmwares may name probes.
    if let device, catalog.devices[device]?.kind == .virtual {
      catalog = try Catalog.loadSound(sources)
    }
    self.catalog = catalog
    for file in Set(catalog.broken.flatMap(\.problems).map(\.file)).sorted() {
      console.note("\(file) is broken and left out; see 'latgate validate'")
    }
  }

  /// The probes of these names; every one there is when none is named.
  /// - Throws: `UnknownNameError`, or `CatalogError` when its file is broken.
  package func probes(named names: [String]) throws -> [ProbeManifest] {
    try (names.isEmpty ? catalog.probes.keys.sorted() : names).map(catalog.probe)
  }

  /// The probes of the share directory, without the user's own.
  package var sharedProbes: [ProbeManifest] {
    catalog.probes.values.filter { $0.file.hasPrefix("\(share.path)/") }
      .sorted { $0.name < $1.name }
  }

  /// The probes' bundle for a device; `isScoped` where they are to measure some tasks only,
  /// `isKept` where they are loaded without a session.
  package func bundle(
    abi: TargetABI, probes: [ProbeManifest], isScoped: Bool = false, isKept: Bool = false
  ) async throws -> ProbeBundle {
    let sources = try probes.map { probe in
      let source = ProbeSource(probe)
      if isKept {
        try source.requireOwnPrograms()
        return source
      }
      return isScoped ? source.scoped.prepared : source.prepared
    }
    return try await Self.build(share: share, abi: abi, probes: sources, console: console)
  }

  /// Names of an ABI's system calls by number.
  package func systemCalls(abi: TargetABI) async throws -> [Int: String] {
    try await ProbeBuilder(share: share).systemCalls(of: abi) { console.note($0) }.names
  }

  package static func build(
    share: ShareRoot, abi: TargetABI, probes: [ProbeSource], ships: Bool = false, console: Console
  ) async throws -> ProbeBundle {
    var builder = try ProbeBuilder(share: share)
    builder.ships = ships
    return try await builder.build(abi: abi, probes: probes) { line in console.note(line) }
  }
  /// Builds the agent of fielded devices, noting what is really built.
  package static func fieldAgent(
    share: ShareRoot, abi: TargetABI, ships: Bool = false, console: Console
  ) async throws -> BuildArtifact {
    var builder = try ProbeBuilder(share: share)
    builder.ships = ships
    return try await builder.fieldAgent(of: abi) { line in console.note(line) }
  }
}
