import Foundation
import Glibc
import POSIXSupport

/// A real adbd of this machine's architecture, in an overlay of its own over this machine's root.
///
/// Runs as root in a mount namespace, so that nothing of it stays behind.
package final class RealADBD: Sendable {
  package static let isEnabled =
    ProcessInfo.processInfo.environment["LATGATE_E2E"] == "1" && getuid() == 0

  package let port: UInt16
  /// The extracted packages, which hold the `adb` program of the same version as well.
  package let root: String
  package let work: String
  /// Where its shared libraries are.
  package let libraries: String
  private let child: ChildProcess

  /// Another build of adbd, in which the place of its switch is not known.
  struct UnknownBuild: Error {}

  /// `authorizedKeys` are the lines of `/adb_keys`; nil = the daemon asks for no proof.
  package static func start(port: UInt16, authorizedKeys: [String]? = nil) async throws -> RealADBD
  {
    try await RealADBD(
      root: try await PeerPackages.root(), port: port, authorizedKeys: authorizedKeys)
  }

  private init(root: String, port: UInt16, authorizedKeys: [String]?) async throws {
    self.root = root
    self.port = port
    libraries = PeerPackages.libraries(root: root)
    work =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("latgate-adbd-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    let program = "\(work)/adbd"
    var bytes = try Data(
      contentsOf: URL(fileURLWithPath: "\(PeerPackages.programs(root: root))/adbd"))
    if authorizedKeys != nil { try Self.demandProof(&bytes) }
    try bytes.write(to: URL(fileURLWithPath: program))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    let keys = (authorizedKeys ?? []).map { $0 + "\n" }.joined()
    try Data(keys.utf8).write(to: URL(fileURLWithPath: "\(work)/adb_keys"))
    let script = """
      set -eu
      # It says a line per connection, and a pipe that nobody reads would fill up.
      exec > \(work)/log 2>&1
      mkdir \(work)/fs
      mount -t tmpfs none \(work)/fs
      mkdir \(work)/fs/up \(work)/fs/work \(work)/fs/root
      mount -t overlay overlay \
        -o lowerdir=/,upperdir=\(work)/fs/up,workdir=\(work)/fs/work \(work)/fs/root
      for directory in proc sys dev tmp; do mount --rbind /$directory \(work)/fs/root/$directory; done
      mkdir -p \(work)/fs/root/system/bin
      ln -sf /bin/sh \(work)/fs/root/system/bin/sh
      cp \(work)/adb_keys \(work)/fs/root/adb_keys
      exec chroot \(work)/fs/root env ADBD_PORT=\(port) \
        LD_LIBRARY_PATH=\(libraries) \(program)
      """
    child = try ChildProcess.spawn(
      "/usr/bin/unshare", arguments: ["--mount", "--kill-child", "--fork", "sh", "-c", script])
    try await waitUntilListening()
  }

  /// Stops it for good. Safe to repeat.
  package func stop() {
    child.signalGroup(SIGKILL)
  }

  deinit {
    child.signalGroup(SIGKILL)
    try? FileManager.default.removeItem(atPath: work)
  }

  /// Debian switches the question for a key off; this build asks again, as a device does.
  private static func demandProof(_ program: inout Data) throws {
    let place = 0x3c3d9
    let asShipped: [UInt8] = [0xc6, 0x00, 0x00]
    guard program.count > place + 3, Array(program[place..<place + 3]) == asShipped else {
      throw UnknownBuild()
    }
    program[place + 2] = 0x01
  }

  private func waitUntilListening() async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while true {
      do {
        let address = SocketAddress.tcp(host: "127.0.0.1", port: port)
        try await address.connect(deadline: deadline).close()
        return
      } catch let error as SystemCallError {
        if ContinuousClock.now > deadline { throw error }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }
}
