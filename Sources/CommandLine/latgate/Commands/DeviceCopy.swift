import ADB
import ArgumentParser
import Devices
import Foundation
import Jobs

/// What copying takes either way.
struct CopyFlags: ParsableArguments {
  @OptionGroup var common: CommonOptions

  @Argument(help: "The device.", completion: .devices)
  var name: String

  @Option(
    help: ArgumentHelp(
      "How bytes are packed on their way: "
        + SyncCompression.allCases.map(\.rawValue).joined(separator: ", ") + ".",
      discussion: "Default: packed on USB 2 and networks if the device can, else not."))
  var compress: SyncCompression?

  @Flag(help: "Pass over files that are there with the same size and time.")
  var resume = false

  /// Copies between a device that speaks adb and this machine, and reports the result.
  /// - Parameters:
  ///   - copy: for devices that speak adb.
  ///   - file: copies one file, for all others.
  /// - Throws: what they throw, and reaching the device; ``DeviceError`` when files were not
  ///   copied.
  func carry(
    _ copy: (ADBDevice, CopyOptions, @escaping CopyProgress) async throws -> CopyTally,
    orFile file: (any Device) async throws -> Void
  ) async throws {
    let options = CopyOptions(compression: compress, resumes: resume)
    let report = CopyReport(console: common.console)
    try await DeviceScan(common).using(name) { reached, _ in
      guard let device = reached as? ADBDevice else { return try await file(reached) }
      try await report.of(device) { try await copy(device, options, $0) }
    }
  }
}

extension SyncCompression: ExpressibleByArgument {}

struct DevicePush: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push", abstract: "Copy a file or a directory to a device.",
    discussion: """
      Where the target is a directory, the copy goes into it, else it gets the target's name. Links in \
      a directory arrive as links; modes and times of files are kept.
      """)

  @OptionGroup var flags: CopyFlags

  @Argument(help: "File or directory on this machine.")
  var source: String

  @Argument(help: "Path on the device.")
  var target: String

  func run() async throws {
    try await flags.carry { device, options, progress in
      try await device.pushAll(source, to: target, options: options, progress: progress)
    } orFile: { device in
      let attributes = try? FileManager.default.attributesOfItem(atPath: source)
      let mode = (attributes?[.posixPermissions] as? NSNumber)?.uint32Value ?? 0o644
      try await device.push(source, to: target, mode: mode)
    }
  }
}

struct DevicePull: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Copy a file or a directory from a device.",
    discussion: """
      Where the target is a directory, the copy goes into it, else it gets the target's name. Links are \
      followed; modes and times of files are kept. Nothing is written outside of the target.
      """)

  @OptionGroup var flags: CopyFlags

  @Argument(help: "Path on the device.")
  var source: String

  @Argument(help: "File or directory on this machine.")
  var target: String

  func run() async throws {
    try await flags.carry { device, options, progress in
      try await device.pullAll(source, to: target, options: options, progress: progress)
    } orFile: { device in
      try await device.pull(source, to: target)
    }
  }
}

/// Reports the progress of a copy and how it ended.
private struct CopyReport {
  let console: Console

  /// - Throws: what `copy` throws; ``DeviceError`` when files were not copied.
  func of(
    _ device: ADBDevice, _ copy: (@escaping CopyProgress) async throws -> CopyTally
  ) async throws {
    let console = console
    let begun = ContinuousClock.now
    let tally = try await copy { tally in
      guard console.progressIsTerminal else { return }
      console.transient(
        "\(tally.files + tally.present) of \(tally.expectedFiles) files, \(Self.size(tally.bytes))")
    }
    let seconds = (ContinuousClock.now - begun) / .seconds(1)
    if console.progressIsTerminal { console.transient("") }
    for problem in tally.skipped { console.note("\(problem.path): passed over: \(problem.detail)") }
    for problem in tally.failed { console.error("\(problem.path): \(problem.detail)") }
    let speed = Self.size(UInt64(Double(tally.bytes) / max(seconds, 0.001)))
    let present = tally.present > 0 ? ", \(tally.present) were there already" : ""
    console.note("\(tally.files) files, \(Self.size(tally.bytes)), \(speed)/s\(present)")
    guard let first = tally.failed.first else { return }
    throw DeviceError.transferFailed(
      device: device.name, path: first.path,
      detail: "\(tally.failed.count) of \(tally.expectedFiles) files failed, this one first: "
        + "\(first.detail); --resume leaves out those that were copied")
  }

  private static func size(_ bytes: UInt64) -> String {
    Int64(clamping: bytes).formatted(.byteCount(style: .decimal))
  }
}
