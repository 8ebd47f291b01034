import DebianRoots
import POSIXSupport
import Subprocess
import SystemPackage

/// A program of the host, with the Debian package to install where it is missing.
struct HostTool: Sendable, Equatable {
  let name: String
  let package: String

  /// The emulator of an architecture.
  static func qemu(_ architecture: DebianArchitecture) -> HostTool {
    HostTool(
      name: "qemu-system-\(MachineModel(architecture).emulator)", package: "qemu-system-arm")
  }
  static let depmod = HostTool(name: "depmod", package: "kmod")
  static let makeExt4 = HostTool(name: "mkfs.ext4", package: "e2fsprogs")
  static let makeF2FS = HostTool(name: "mkfs.f2fs", package: "f2fs-tools")
  static let zstd = HostTool(name: "zstd", package: "zstd")
  static let xz = HostTool(name: "xz", package: "xz-utils")
  static let copy = HostTool(name: "cp", package: "coreutils")

  /// How a run ended.
  struct Outcome: Sendable {
    var status: TerminationStatus
    var output: [UInt8]
    var log: String
  }

  /// Bytes of standard output that ``run(_:in:)`` takes.
  private static let outputLimit = 64 << 20
  /// Lines of standard error that an error message shows.
  private static let logLines = 15

  /// Runs to the end; an exit code other than 0 is a result.
  /// - Throws: ``VirtualDeviceError/missingTool(name:package:)``, or the error of `Subprocess`.
  func run(_ arguments: [String], in folder: String? = nil) async throws -> Outcome {
    let result = try await Subprocess.run(
      try executable(), arguments: Arguments(arguments),
      environment: .inherit.updating(["LC_ALL": "C.UTF-8"]),
      workingDirectory: folder.map { FilePath($0) },
      input: .none, output: .bytes(limit: Self.outputLimit), error: .string(limit: 1 << 20))
    let lines = result.standardError.split(whereSeparator: \.isNewline)
    return Outcome(
      status: result.terminationStatus, output: result.standardOutput,
      log: lines.suffix(Self.logLines).joined(separator: "\n"))
  }

  /// Runs to the end and returns standard output.
  /// - Throws: as ``run(_:in:)``, and ``VirtualDeviceError/toolFailed(tool:status:log:)``.
  @discardableResult
  func output(_ arguments: [String]) async throws -> [UInt8] {
    let outcome = try await run(arguments)
    guard outcome.status.isSuccess else {
      throw VirtualDeviceError.toolFailed(
        tool: name, status: "\(outcome.status)", log: outcome.log)
    }
    return outcome.output
  }

  /// - Throws: ``VirtualDeviceError/missingTool(name:package:)``.
  func requirePresence() throws {
    _ = try executable()
  }

  /// Absolute path of the program.
  private func executable() throws(VirtualDeviceError) -> Executable {
    if let path = ProgramSearch.path(of: name) { return .path(FilePath(path)) }
    throw .missingTool(name: name, package: package)
  }
}
