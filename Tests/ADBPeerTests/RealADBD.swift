import DebianRoots
import Foundation
import Glibc
import POSIXSupport
import Testing

/// A real adbd of this machine's architecture, in an overlay of its own over this machine's root.
///
/// Runs as root in a mount namespace, so that nothing of it stays behind.
final class RealADBD: Sendable {
  static let isEnabled =
    ProcessInfo.processInfo.environment["LATGATE_E2E"] == "1" && getuid() == 0

  let port: UInt16
  /// The extracted packages, which hold the `adb` program of the same version as well.
  let root: String
  let work: String
  /// Where its shared libraries are.
  let libraries: String
  private let child: ChildProcess

  /// `authorizedKeys` are the lines of `/adb_keys`; nil = the daemon asks for no proof.
  static func start(port: UInt16, authorizedKeys: [String]? = nil) async throws -> RealADBD {
    let root = try await DebianRoot.extract(
      name: "adb-peers",
      packages: [
        "adbd", "adb", "android-libbase", "android-libcutils", "android-liblog",
        "android-libboringssl", "android-libziparchive",
      ].map { "\($0)/bookworm-backports" },
      architecture: .amd64, suites: ["bookworm", "bookworm-backports"])
    return try await RealADBD(root: root, port: port, authorizedKeys: authorizedKeys)
  }

  private init(root: String, port: UInt16, authorizedKeys: [String]?) async throws {
    self.root = root
    self.port = port
    libraries = ["", "/android"].map { "\(root)/usr/lib/x86_64-linux-gnu\($0)" }
      .joined(separator: ":")
    work =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("latgate-adbd-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
    let program = "\(work)/adbd"
    var bytes = try Data(
      contentsOf: URL(fileURLWithPath: "\(root)/usr/lib/android-sdk/platform-tools/adbd"))
    if authorizedKeys != nil { try Self.demandProof(&bytes) }
    try bytes.write(to: URL(fileURLWithPath: program))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    let keys = (authorizedKeys ?? []).map { $0 + "\n" }.joined()
    try Data(keys.utf8).write(to: URL(fileURLWithPath: "\(work)/adb_keys"))
    let script = """
      set -eu
      exec 2>&1
      mkdir \(work)/fs
      mount -t tmpfs none \(work)/fs
      mkdir \(work)/fs/up \(work)/fs/work \(work)/fs/root
      mount -t overlay overlay \
        -o lowerdir=/,upperdir=\(work)/fs/up,workdir=\(work)/fs/work \(work)/fs/root
      for folder in proc sys dev tmp; do mount --rbind /$folder \(work)/fs/root/$folder; done
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

  deinit {
    child.signalGroup(SIGKILL)
    try? FileManager.default.removeItem(atPath: work)
  }

  /// Debian switches the question for a key off; this build asks again, as a device does.
  private static func demandProof(_ program: inout Data) throws {
    let place = 0x3c3d9
    let asShipped: [UInt8] = [0xc6, 0x00, 0x00]
    try #require(
      program.count > place + 3 && Array(program[place..<place + 3]) == asShipped,
      "another build of adbd: the place of its switch is not known")
    program[place + 2] = 0x01
  }

  private func waitUntilListening() async throws {
    let deadline = ContinuousClock.now + .seconds(20)
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
