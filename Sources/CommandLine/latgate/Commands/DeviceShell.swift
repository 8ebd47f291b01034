import ArgumentParser
import Jobs

struct DeviceShell: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shell",
    abstract: "Run a command on a device; exits with the command's exit code.")

  @OptionGroup var common: CommonOptions

  @Argument(help: "The device.", completion: .devices)
  var name: String

  @Argument(parsing: .postTerminator, help: "The command, after '--'.")
  var command: [String]

  @Option(
    help: ArgumentHelp(
      "Time after which the command is given up, such as 90s or 10m.", valueName: "time"))
  var timeout = TimeSpan(Self.usualTimeout)

  private static let usualTimeout: Duration = .seconds(60)

  func run() async throws {
    try await Self.run(command, on: name, timeout: timeout.duration, scan: DeviceScan(common))
  }

  /// Runs `device shell DEVICE -- COMMAND`, the line that scripts call by the hundred, without the
  /// general parser, which takes longer than the command does.
  /// - Parameter words: of the command line, without the program's name.
  /// - Returns: false for all other lines; nothing was done then.
  /// - Throws: as ``run()``.
  static func runsPlain(_ words: ArraySlice<String>) async throws -> Bool {
    let line = Array(words)
    guard line.count >= 5, line.starts(with: ["device", "shell"]), !line[2].hasPrefix("-"),
      line[3] == "--"
    else { return false }
    try await run(
      Array(line[4...]), on: line[2], timeout: usualTimeout, scan: DeviceScan())
    return true
  }

  private static func run(
    _ command: [String], on name: String, timeout: Duration, scan: DeviceScan
  ) async throws {
    let made = try await scan.using(name) { device, _ in
      try await device.exec(command.joined(separator: " "), timeout: timeout)
    }
    let console = Console()
    console.print(bytes: made.standardOutput)
    console.error(bytes: made.standardError)
    if made.exitCode != 0 { throw ExitCode(made.exitCode) }
  }
}
