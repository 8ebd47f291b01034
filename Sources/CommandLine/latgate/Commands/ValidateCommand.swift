import ArgumentParser
import Catalogs
import Foundation
import Jobs
import POSIXSupport
import ProbeBuild

struct ValidateCommand: AsyncParsableCommand, ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Check catalogue files: probes, devices, workloads, suites and pools.",
    discussion: """
      Without files all of the share directory and of the user's own are checked. A file is checked \
      together with them, as it names what they define. A broken file spoils only what needs it: \
      other commands leave it out. Files and programs that device files name are looked for, too.

        latgate validate
        latgate validate pixel.yaml suites/app-start.yaml

      Exit codes: 0 all right, 65 a file is broken.
      """)

  @OptionGroup var common: CommonOptions

  @Flag(
    help: "Do not look for the files and programs that device files name: they are elsewhere.")
  var elsewhere = false

  @Argument(help: "Files to check. Default: all that latgate reads.", completion: .file())
  var files: [String] = []

  func run() async throws {
    let share = try ShareRoot.find(option: common.share)
    let own = UserDirectories.configPath(environment: ProcessInfo.processInfo.environment)
    let roots = ([share.path] + (own.map { [$0] } ?? [])).map { DirectoryFiles(root: $0) }
    guard !files.isEmpty else {
      let catalog = try Catalog.load(roots)
      let problems = catalog.devices.values.flatMap { check($0, in: catalog) }
      guard problems.isEmpty else { throw CatalogError(problems) }
      let counts = [
        (catalog.probes.count, "probe"), (catalog.devices.count, "device"),
        (catalog.workloads.count, "workload"), (catalog.suites.count, "suite"),
        (catalog.pools.count, "pool"),
      ].map { "\($0) \($1)\($0 == 1 ? "" : "s")" }
      return common.console.print("\(counts.joined(separator: ", ")): all right")
    }
    var problems: [CatalogProblem] = []
    for file in files {
      do {
        problems += try self.problems(of: file, beside: roots)
      } catch let error as CatalogError {
        problems += error.problems
      }
    }
    guard problems.isEmpty else { throw CatalogError(problems) }
    common.console.print(files.map { "\($0): all right\n" }.joined())
  }

  /// What is wrong with a file that may be one of the catalogue's own.
  private func problems(
    of file: String, beside roots: [DirectoryFiles]
  ) throws -> [CatalogProblem] {
    let known = try Catalog.loadSound(roots)
    func isIt(_ path: String) -> Bool {
      URL(fileURLWithPath: path).resolvingSymlinksInPath()
        == URL(fileURLWithPath: file).resolvingSymlinksInPath()
    }
    func ofDevices(_ catalog: Catalog) -> [CatalogProblem] {
      catalog.devices.values.filter { isIt($0.file) }.flatMap { check($0, in: catalog) }
    }
    if known.files.contains(where: isIt) { return ofDevices(known) }
    let broken = known.broken.flatMap(\.problems).filter { isIt($0.file) }
    if !broken.isEmpty { return broken }
    let all = try Catalog.loadSound(roots + [try SingleFile(path: file)])
    return all.broken.flatMap(\.problems).filter { $0.file == file } + ofDevices(all)
  }

  private func check(_ device: DeviceDefinition, in catalog: Catalog) -> [CatalogProblem] {
    DeviceFileCheck(device, in: catalog).problems(looksForFiles: !elsewhere)
  }
}
