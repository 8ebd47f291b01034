import Catalogs
import Foundation
import POSIXSupport
import ProbeBuild

/// What most commands begin with: the share folder, the catalogue and built probes.
struct Workbench: Sendable {
  let share: ShareRoot
  let catalog: Catalog
  let console: Console

  init(_ common: CommonOptions) throws {
    try self.init(share: common.share, console: common.console)
  }

  /// `option` is the value of `--share`, if given.
  init(share option: String?, console: Console) throws {
    self.console = console
    share = try ShareRoot.find(option: option)
    let own = UserFolders.configPath(environment: ProcessInfo.processInfo.environment)
    catalog = try Catalog.loadSound(
      ([share.path] + (own.map { [$0] } ?? [])).map { DirectoryFiles(root: $0) })
    for file in Set(catalog.broken.flatMap(\.problems).map(\.file)).sorted() {
      console.note("\(file) is broken and left out; see 'latgate validate'")
    }
  }

  /// The probes' bundle for a device.
  func bundle(abi: TargetABI, probes: [ProbeManifest]) async throws -> ProbeBundle {
    try await Self.build(
      share: share, abi: abi, probes: try probes.map { try share.probe(named: $0.name) },
      console: console)
  }

  static func build(
    share: ShareRoot, abi: TargetABI, probes: [ProbeSource], ships: Bool = false, console: Console
  ) async throws -> ProbeBundle {
    var builder = try ProbeBuilder(share: share)
    builder.ships = ships
    return try await builder.build(abi: abi, probes: probes) { line in console.note(line) }
  }
}
