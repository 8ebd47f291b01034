import ArgumentParser
import Catalogs
import Foundation
import Jobs
import POSIXSupport
import Reporting
import VirtualDevices

/// Runs a command on every device of a pool, each in a process of its own: when one
/// fails, the others continue.
struct PoolRun: Sendable {
  /// `check` or `run`.
  let command: String
  let suite: String
  let pool: PoolDefinition
  let bench: Workbench
  /// Holds a directory for every device.
  let directory: String

  /// - Parameters:
  ///   - format: name of a format of the table.
  ///   - reports: files that the command of each device writes, with its name in the file's.
  /// - Throws: `ExitCode` unless all devices passed; `CancellationError`; `ValidationError` for a
  ///   format that the table has not.
  func run<Report: Reportable>(_ format: String, reports: [ReportFile<Report>]) async throws {
    guard let tableFormat = FormatName<PoolReport>(argument: format) else {
      let known = FormatName<PoolReport>.allValueStrings.joined(separator: " or ")
      throw ValidationError(
        "the table of several devices is printed as \(known); --report \(format)=FILE writes a file "
          + "for each device")
    }
    let console = bench.console
    try ResultPlace.requireDirectory(directory)
    let jobs = pool.members.map { member in
      (
        isVirtual: isVirtual(member.device),
        job: PoolJob(
          member: member, directory: "\(directory)/\(member.name)",
          arguments: arguments(member, reports.map { $0.renamed(for: member.name).argument }),
          command: command,
          say: { console.error("\(member.name): \($0)") })
      )
    }
    // Emulated devices share this machine's CPUs; others wait only for their device.
    let width = pool.jobs ?? max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
    let (virtual, real) = (jobs.filter(\.isVirtual), jobs.filter { !$0.isVirtual })
    async let emulated = LimitedParallel.run(
      virtual.map { job in { @Sendable in try await job.job.run() } }, width: width)
    async let plugged = LimitedParallel.run(
      real.map { job in { @Sendable in try await job.job.run() } }, width: max(1, real.count))
    let made = try await emulated + plugged
    let report = PoolReport(
      command: command, suite: suite, pool: pool.name.isEmpty ? nil : pool.name,
      devices: pool.members.compactMap { member in made.first { $0.name == member.name } })
    try AtomicFile.write(try report.json(), to: "\(directory)/pool.json")
    try Task.checkCancellation()
    console.print(try tableFormat.format.document(report, console.layout(showsAll: false)))
    if tableFormat.isUsual {
      console.note("pool.json, and a directory for every device: \(directory)")
    }
    if report.exitCode != 0 { throw ExitCode(report.exitCode) }
  }

  private func isVirtual(_ device: String) -> Bool {
    bench.catalog.devices[device]?.kind == .virtual || (try? VirtualMachine.find(device)) != nil
  }

  /// This process's own command line with one device in the place of all.
  private func arguments(_ member: PoolDefinition.Member, _ reports: [String]) -> [String] {
    let own = Array(CommandLine.arguments.dropFirst())
    var words = PoolArguments.without(
      ["--device", "--pool", "--jobs", "--output", "--report"], in: own)
    var added = [
      "--ends-with-input", "--device", member.device, "--output", "\(directory)/\(member.name)",
    ]
    added += reports.flatMap { ["--report", $0] }
    // Two machines for one device would be more than the pool's share.
    let choosesLanes = own.contains { $0.hasPrefix("--lanes") }
    if command == "check", isVirtual(member.device), !choosesLanes {
      added += ["--lanes", "1"]
    }
    let place = words.firstIndex(of: command).map { $0 + 1 } ?? words.endIndex
    words.insert(contentsOf: added, at: place)
    return words
  }
}

/// Command lines as lists of words.
enum PoolArguments {
  /// The words but for options that take a value, and their values.
  static func without(_ options: Set<String>, in words: [String]) -> [String] {
    var kept: [String] = []
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" { return kept + [word] + rest }
      if options.contains(word) {
        _ = rest.popFirst()
      } else if !options.contains(where: { word.hasPrefix($0 + "=") }) {
        kept.append(word)
      }
    }
    return kept
  }
}
