import ADB
import ADBPeers
import Devices
import Foundation
import Testing

/// Directories there and back, beside what the two `adb` programs make of them.
@Suite(
  .enabled(if: RealADBD.isEnabled, "set LATGATE_E2E=1 and run as root: extracts and starts adbd"),
  .serialized)
struct TreeCopyTests {
  /// What is compared of a file or link.
  private struct Facts: Equatable {
    var type: FileAttributeType
    var mode: Int
    var modified: Int
    var content: Data
  }

  private let files = FileManager.default

  private func makeTree(_ root: String) throws {
    for directory in ["", "/deep", "/deep/er", "/a b"] {
      try files.createDirectory(atPath: root + directory, withIntermediateDirectories: true)
    }
    let contents: [(String, Int, Int)] = [
      ("empty", 0, 0o600), ("deep/one", 1, 0o644), ("deep/er/block", 65_536, 0o755),
      ("a b/it's, new", 65_537, 0o640), ("deep/large", 3_000_001, 0o444), ("ünï", 505, 0o700),
    ]
    for (name, size, mode) in contents {
      try Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        .write(to: URL(filePath: "\(root)/\(name)"))
      try files.setAttributes(
        [
          .posixPermissions: mode,
          .modificationDate: Date(timeIntervalSince1970: TimeInterval(1_400_000_000 + size)),
        ], ofItemAtPath: "\(root)/\(name)")
    }
    try files.createSymbolicLink(atPath: "\(root)/to-file", withDestinationPath: "deep/one")
    try files.createSymbolicLink(atPath: "\(root)/deep/nowhere", withDestinationPath: "/no/such")
    try files.createSymbolicLink(
      atPath: "\(root)/a b/to-directory", withDestinationPath: "../deep/er")
  }

  private func facts(_ root: String) throws -> [String: Facts] {
    var found: [String: Facts] = [:]
    for name in try files.subpathsOfDirectory(atPath: root) {
      let path = "\(root)/\(name)"
      let attributes = try files.attributesOfItem(atPath: path)
      let type = try #require(attributes[.type] as? FileAttributeType)
      if type == .typeDirectory { continue }
      let isLink = type == .typeSymbolicLink
      let date = try #require(attributes[.modificationDate] as? Date)
      found[name] = Facts(
        type: type, mode: isLink ? 0 : try #require(attributes[.posixPermissions] as? Int),
        modified: isLink ? 0 : Int(date.timeIntervalSince1970),
        content: isLink
          ? Data(try files.destinationOfSymbolicLink(atPath: path).utf8)
          : try Data(contentsOf: URL(filePath: path)))
    }
    return found
  }

  /// The daemon gives what the owner may do to everybody.
  private func widened(_ facts: [String: Facts]) -> [String: Facts] {
    facts.mapValues { one in
      var wide = one
      wide.mode |= wide.mode >> 3 & 0o070
      wide.mode |= wide.mode >> 3 & 0o007
      return wide
    }
  }

  /// Where a link stood, adb sets the link's own mode and time, and latgate its target's.
  private func linkless(_ facts: [String: Facts]) -> [String: Facts] {
    var facts = facts
    facts["to-file"]?.mode = 0
    facts["to-file"]?.modified = 0
    return facts
  }

  @Test func treesAgreeWithBothPrograms() async throws {
    let daemon = try await RealADBD.start(port: 6671)
    let transport = DirectTransport(
      host: "127.0.0.1", port: 6671,
      keys: ADBKeyStore(userKey: "\(daemon.work)/adbkey", comment: "test@latgate"))
    let device = ADBDevice(transport: transport)
    // The daemon sees this machine's /tmp.
    let (local, remote, back) = (
      "\(daemon.work)/local", "\(daemon.work)/remote", "\(daemon.work)/back"
    )
    try makeTree(local)
    try files.createDirectory(atPath: "\(local)/bare", withIntermediateDirectories: false)
    let original = try facts(local)
    for compression in SyncCompression.allCases {
      let target = "\(remote)-\(compression)"
      let tally = try await device.pushAll(
        local, to: target, options: CopyOptions(compression: compression))
      #expect(tally.failed.isEmpty && tally.skipped.isEmpty && tally.files == original.count)
      #expect(try facts(target) == original, "\(compression)")
      #expect(files.fileExists(atPath: "\(target)/bare"))
    }
    // A second push goes into the directory that is there now, and only what differs is copied.
    _ = try await device.pushAll(local, to: "\(remote)-none")
    #expect(try facts("\(remote)-none/local") == original)
    try Data([1]).write(to: URL(filePath: "\(remote)-none/local/deep/one"))
    let again = try await device.pushAll(
      local, to: "\(remote)-none", options: CopyOptions(resumes: true))
    #expect(again.files == 1 && again.present == original.count - 1)
    #expect(try facts("\(remote)-none/local") == original)

    let pulled = try await device.pullAll("\(remote)-lz4", to: back)
    #expect(pulled.failed.isEmpty && pulled.skipped.map(\.path) == ["\(remote)-lz4/deep/nowhere"])
    #expect(files.fileExists(atPath: "\(back)/bare"))
    for version in AdbProgram.Version.allCases {
      let program = AdbProgram(daemon: daemon, version: version)
      let pushed = try await program.run("push \(local) \(remote)-\(version)")
      #expect(pushed.exitCode == 0, "\(pushed.text)")
      #expect(try facts("\(remote)-\(version)") == widened(original), "\(version)")
      let fetched = try await program.run("pull -a \(remote)-lz4 \(back)-\(version)")
      #expect(fetched.exitCode == 0, "\(fetched.text)")
      #expect(
        try linkless(facts("\(back)-\(version)")) == linkless(facts(back)), "\(version)")
      await program.stop()
    }
    await transport.disconnect()
    _ = consume daemon
  }

  @Test func nothingIsWrittenOutsideOfTheTarget() async throws {
    let daemon = try await RealADBD.start(port: 6672)
    let transport = DirectTransport(
      host: "127.0.0.1", port: 6672,
      keys: ADBKeyStore(userKey: "\(daemon.work)/adbkey", comment: "test@latgate"))
    let device = ADBDevice(transport: transport)
    let (remote, target) = ("\(daemon.work)/remote", "\(daemon.work)/target")
    let outside = "\(daemon.work)/outside"
    for directory in ["\(remote)/sub", "\(remote)/loop", outside, "\(target)/remote"] {
      try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }
    try Data([1]).write(to: URL(filePath: "\(remote)/sub/file"))
    try Data([2]).write(to: URL(filePath: "\(remote)/name"))
    try Data([3]).write(to: URL(filePath: "\(outside)/kept"))
    // A circle on the device ends.
    try files.createSymbolicLink(
      atPath: "\(remote)/loop/up", withDestinationPath: "..")
    // In the target, a link in a file's place is replaced and not written through.
    try files.createSymbolicLink(
      atPath: "\(target)/remote/name", withDestinationPath: "\(outside)/kept")
    let tally = try await device.pullAll(remote, to: target)
    #expect(tally.skipped.map(\.path) == ["\(remote)/loop/up"] && tally.failed.isEmpty)
    #expect(try Data(contentsOf: URL(filePath: "\(outside)/kept")) == Data([3]))
    #expect(try Data(contentsOf: URL(filePath: "\(target)/remote/name")) == Data([2]))
    // In a directory's place it is an error.
    try files.removeItem(atPath: "\(target)/remote/sub")
    try files.createSymbolicLink(atPath: "\(target)/remote/sub", withDestinationPath: outside)
    await #expect(
      throws: DeviceError.hostFile(
        path: "\(target)/remote/sub", detail: "it is in the way of a directory of the device")
    ) { try await device.pullAll(remote, to: target) }
    #expect(try files.contentsOfDirectory(atPath: outside) == ["kept"])
    // One unreadable name does not stop the others, and is named.
    try files.removeItem(atPath: "\(target)/remote")
    try files.createDirectory(
      atPath: "\(target)/remote/name", withIntermediateDirectories: true)
    let rest = try await device.pullAll(remote, to: target)
    #expect(rest.failed.map(\.path) == ["\(target)/remote/name"] && rest.files == 1)
    await transport.disconnect()
    _ = consume daemon
  }
}
