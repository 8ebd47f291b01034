import ADB
import ADBPeers
import Devices
import Foundation
import POSIXSupport
import Synchronization
import Testing

/// Our own client against a real adbd, with two `adb` programs as other opinions.
@Suite(
  .enabled(if: RealADBD.isEnabled, "set LATGATE_E2E=1 and run as root: extracts and starts adbd"),
  .serialized)
struct DirectConnectionTests {
  /// A daemon, our device on it, and a directory for files.
  private struct Bench {
    let daemon: RealADBD
    let transport: DirectTransport
    let device: ADBDevice
    let directory: String

    static func make(port: UInt16) async throws -> Bench {
      let daemon = try await RealADBD.start(port: port)
      let keys = ADBKeyStore(userKey: "\(daemon.work)/adbkey", comment: "test@latgate")
      let transport = DirectTransport(host: "127.0.0.1", port: port, keys: keys)
      let directory = "\(daemon.work)/files"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      return Bench(
        daemon: daemon, transport: transport, device: ADBDevice(transport: transport),
        directory: directory)
    }

    func end() async {
      await transport.disconnect()
      for version in AdbProgram.Version.allCases {
        await AdbProgram(daemon: daemon, version: version).stop()
      }
    }

    func sync(_ features: Set<String>) async throws -> (SyncSession, any ByteChannel) {
      let channel = try await transport.open(SyncSession.service, timeout: .seconds(20))
      return (SyncSession(channel: channel, features: features), channel)
    }
  }

  private static func content(_ size: Int) -> Data {
    var state: UInt64 = 88_172_645_463_325_252
    var data = Data(capacity: size + 8)
    while data.count < size {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      // Half of it compresses.
      withUnsafeBytes(of: data.count & 0x1000 == 0 ? state : 0x2020_2020) {
        data.append(contentsOf: $0)
      }
    }
    return data.prefix(size)
  }

  @Test func shellAgreesWithBothPrograms() async throws {
    let bench = try await Bench.make(port: 6631)
    for code in [Int32](0...255) {
      let result = try await bench.device.exec("exit \(code)", timeout: .seconds(30))
      #expect(result == ExecResult(exitCode: code, standardOutput: [], standardError: []))
    }
    let commands = [
      "exit 3", "exit 255", "echo out; echo err >&2; exit 200", "printf 'a\\r\\nb\\000c'", "cat",
      "kill -9 $$", "kill -TERM $$", "latgate-no-such-command", "true",
      "head -c 10485760 /dev/zero | tr '\\000' x; echo end >&2", "pwd; umask",
    ]
    for version in AdbProgram.Version.allCases {
      let program = AdbProgram(daemon: bench.daemon, version: version)
      for command in commands {
        let ours = try await bench.device.exec(command, timeout: .seconds(60))
        let theirs = try await program.run("shell \(shellQuote(command))")
        #expect(ours == theirs, "\(version): \(command)")
      }
    }
    await bench.end()
  }

  @Test func filesAgreeWithBothPrograms() async throws {
    let bench = try await Bench.make(port: 6632)
    let sizes = [0, 1, 503, 504, 505, 511, 512, 65_536, 65_537, 1 << 20, 200 << 20]
    for size in sizes {
      let content = Self.content(size)
      let local = "\(bench.directory)/in", remote = "\(bench.directory)/a file, \(size)"
      try content.write(to: URL(filePath: local))
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1_500_000_000)], ofItemAtPath: local)
      try await bench.device.push(local, to: remote, mode: 0o640)
      let facts = try await bench.device.exec(
        "stat -c '%a %s %Y' \(shellQuote(remote))", timeout: .seconds(20))
      #expect(facts.text == "640 \(size) 1500000000\n")
      try await bench.device.pull(remote, to: "\(bench.directory)/out")
      #expect(try Data(contentsOf: URL(filePath: "\(bench.directory)/out")) == content)
      for version in AdbProgram.Version.allCases {
        let program = AdbProgram(daemon: bench.daemon, version: version)
        let pulled = try await program.run("pull \(shellQuote(remote)) \(bench.directory)/theirs")
        #expect(pulled.exitCode == 0)
        #expect(try Data(contentsOf: URL(filePath: "\(bench.directory)/theirs")) == content)
        let pushed = try await program.run("push \(local) \(bench.directory)/pushed")
        #expect(pushed.exitCode == 0)
        try await bench.device.pull("\(bench.directory)/pushed", to: "\(bench.directory)/out")
        #expect(try Data(contentsOf: URL(filePath: "\(bench.directory)/out")) == content)
      }
      _ = try await bench.device.exec("rm \(shellQuote(remote))", timeout: .seconds(20))
    }
    await bench.end()
  }

  @Test(arguments: SyncCompression.allCases)
  func everyCompressionIsUnderstood(compression: SyncCompression) async throws {
    let port = UInt16(6640 + (SyncCompression.allCases.firstIndex(of: compression) ?? 0))
    let bench = try await Bench.make(port: port)
    let features = try await bench.transport.features(timeout: .seconds(20))
    for size in [0, 1, 504, 65_537, 3_000_001] {
      let content = Self.content(size)
      let remote = "\(bench.directory)/\(compression)-\(size)"
      var (session, channel) = try await bench.sync(features)
      #expect(session.supports(compression))
      try await session.send(
        to: remote, mode: 0o100600, modified: 1_400_000_000, compression: compression,
        from: Bytes(content))
      var back = Data()
      try await session.receive(remote, compression: compression) { back += $0 }
      #expect(back == content, "\(compression) \(size)")
      #expect(try Data(contentsOf: URL(filePath: remote)) == content)
      await session.quit()
      channel.close()
    }
    await bench.end()
  }

  @Test(arguments: [true, false])
  func directoriesAndLinksAreListed(isVersion2: Bool) async throws {
    let bench = try await Bench.make(port: isVersion2 ? 6650 : 6651)
    let all = try await bench.transport.features(timeout: .seconds(20))
    let features = isVersion2 ? all : all.subtracting(["stat_v2", "ls_v2", "sendrecv_v2"])
    var (session, channel) = try await bench.sync(features)
    let tree = "\(bench.directory)/tree"
    try await session.send(
      to: "\(tree)/deep/er/file", mode: 0o100666, modified: 1_300_000_000, from: Bytes(Data([7])))
    try await session.send(
      to: "\(tree)/link", mode: 0o120777, modified: 0, from: Bytes(Data("deep/er\0".utf8)))
    let entries = try await session.list(tree).sorted { $0.name < $1.name }
    #expect(entries.map(\.name) == ["deep", "link"])
    #expect(entries.map(\.status.kind) == [.directory, .symbolicLink])
    let target = try FileManager.default.destinationOfSymbolicLink(atPath: "\(tree)/link")
    #expect(target == "deep/er")
    let status = try await session.status(of: "\(tree)/deep/er/file")
    #expect(status?.mode == 0o100666 && status?.size == 1 && status?.modified == 1_300_000_000)
    #expect((status?.identity != nil) == isVersion2)
    #expect(try await session.target(of: "\(tree)/link")?.kind == .directory)
    #expect(try await session.status(of: "\(tree)/no") == nil)
    await session.quit()
    channel.close()
    await bench.end()
  }

  @Test func aRefusedPushTellsTheReasonAndLeavesTheConnection() async throws {
    let bench = try await Bench.make(port: 6652)
    let local = "\(bench.directory)/large"
    try Self.content(30 << 20).write(to: URL(filePath: local))
    let error = await #expect(throws: DeviceError.self) {
      try await bench.device.push(local, to: "/proc/latgate", mode: 0o644)
    }
    guard case .transferFailed(_, "/proc/latgate", let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(!reason.isEmpty)
    #expect(try await bench.device.exec("echo on", timeout: .seconds(20)).text == "on\n")
    await bench.end()
  }

  @Test func manyStreamsShareTheConnection() async throws {
    let bench = try await Bench.make(port: 6653)
    let device = bench.device
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<24 {
        group.addTask {
          let stream = try await device.stream("cat")
          let sent = [UInt8](repeating: UInt8(number), count: 300_000 + number)
          async let writing: Void = stream.write(sent)
          var received: [UInt8] = []
          while received.count < sent.count, let bytes = try await stream.read() {
            received += bytes
          }
          try await writing
          await stream.close()
          return received == sent
        }
      }
      for try await isSame in group { #expect(isSame) }
    }
    await bench.end()
  }

  @Test func theDeviceReachesBackToThisSide() async throws {
    let bench = try await Bench.make(port: 6654)
    let connection = try await bench.transport.online(timeout: .seconds(20))
    let port = try await connection.reverse("tcp:0") { channel in
      Task {
        // Says everything twice, then hangs up.
        let bytes = try await channel.read(deadline: ContinuousClock.now + .seconds(20))
        try await channel.write(bytes + bytes, deadline: ContinuousClock.now + .seconds(20))
        channel.close()
      }
    }
    let found = try #require(port)
    let socket = try await SocketAddress.tcp(host: "127.0.0.1", port: found)
      .connect(deadline: ContinuousClock.now + .seconds(20))
    try await socket.write(Array("echo".utf8))
    var answer: [UInt8] = []
    while true {
      let bytes = try await socket.read(deadline: ContinuousClock.now + .seconds(20))
      if bytes.isEmpty { break }
      answer += bytes
    }
    #expect(answer == Array("echoecho".utf8))
    socket.close()
    await bench.end()
  }

  @Test func aDaemonThatComesBackIsFoundAgain() async throws {
    let keys = ADBKeyStore(userKey: "\(NSTemporaryDirectory())/latgate-adbkey", comment: "t@l")
    defer { try? FileManager.default.removeItem(atPath: keys.userKey) }
    let transport = DirectTransport(host: "127.0.0.1", port: 6655, keys: keys)
    let device = ADBDevice(transport: transport)
    do {
      let daemon = try await RealADBD.start(port: 6655)
      #expect(try await device.exec("echo 1", timeout: .seconds(20)).text == "1\n")
      _ = consume daemon
    }
    await #expect(throws: DeviceError.self) {
      try await device.exec("echo none", timeout: .seconds(5))
    }
    let daemon = try await RealADBD.start(port: 6655)
    let identity = try await device.identifyWhenReady(timeout: .seconds(120))
    #expect(identity == (try await device.identify()))
    try await device.waitUntilReady(timeout: .seconds(120))
    #expect(try await device.exec("echo 2", timeout: .seconds(20)).text == "2\n")
    await transport.disconnect()
    _ = consume daemon
  }
}

/// Bytes in memory as a file to send.
final class Bytes: SyncSource {
  private let rest: Mutex<Data>

  init(_ content: Data) {
    rest = Mutex(content)
  }

  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    rest.withLock { rest in
      let part = rest.prefix(buffer.count)
      buffer.copyBytes(from: part)
      rest = rest.dropFirst(part.count)
      return part.count
    }
  }
}
