import Devices

/// This machine with another directory for temporary files, and more in the environment of what
/// runs there.
package struct DirectoryDevice: Device {
  package let name = "directory"
  private let base: String
  private let environment: [String: String]
  private let local = LocalDevice()

  package init(base: String, environment: [String: String] = [:]) {
    self.base = base
    self.environment = environment
  }

  private func placed(_ command: String) -> String {
    let words = (environment.sorted { $0.key < $1.key } + [("TMPDIR", base)]).map {
      "export \($0)=\(shellQuote($1)); "
    }
    return words.joined() + command
  }

  package func exec(_ command: String, timeout: Duration) async throws -> ExecResult {
    try await local.exec(placed(command), timeout: timeout)
  }

  package func stream(_ command: String) async throws -> any DeviceStream {
    try await local.stream(placed(command))
  }

  package func push(_ localPath: String, to remotePath: String, mode: UInt32) async throws {
    try await local.push(localPath, to: remotePath, mode: mode)
  }

  package func pull(_ remotePath: String, to localPath: String) async throws {
    try await local.pull(remotePath, to: localPath)
  }

  package func identify() async throws -> DeviceIdentity { try await local.identify() }

  package func reboot() async throws { try await local.reboot() }

  package func waitUntilReady(timeout: Duration) async throws {}
}
