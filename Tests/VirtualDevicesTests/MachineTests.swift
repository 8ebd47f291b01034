import Foundation
import Glibc
import HostTools
import POSIXSupport
import Testing

@testable import VirtualDevices

@Suite("Logs of past machines")
struct PastMachineTests {
  @Test func theLastOnesStay() throws {
    let parent = NSTemporaryDirectory() + "runs-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: parent) }
    let count = RunDirectory.keptLogs + 4
    for number in 0..<count {
      let directory = "\(parent)/m\(number)"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      let log = "\(directory)/\(QEMUCommandLine.serialLog)"
      try Data().write(to: URL(fileURLWithPath: log))
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: Double(1000 * number))], ofItemAtPath: log)
    }
    // The oldest runs, the next one is about to start.
    let process = try #require(ProcessIdentity.current(of: getpid()))
    try MachineState(
      name: "m0", process: process, port: 17001, firmware: VirtualFirmware(), firmwareID: "id",
      kernelRelease: "r", lifetime: .owned, startedAt: Date()
    ).write("\(parent)/m0/state.json")
    guard let lock = try FileLock.tryAcquire("\(parent)/m1/lock") else {
      Issue.record("the lock is taken")
      return
    }
    RunDirectory.prune(parent)
    _ = consume lock
    let kept = try FileManager.default.contentsOfDirectory(atPath: parent)
    #expect(Set(kept) == Set(["m0", "m1"] + (4..<count).map { "m\($0)" }))
  }

  /// A launch takes the oldest logs away while others make their directories and take their names.
  @Test func anotherLaunchRemovesNoDirectoryThatIsTaken() async throws {
    let cache = NSTemporaryDirectory() + "runs-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: cache) }
    let parent = try RunDirectory.parent(cache: cache)
    for number in 0..<RunDirectory.keptLogs {
      let path = "\(parent)/past\(number)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      try Data().write(to: URL(fileURLWithPath: "\(path)/\(QEMUCommandLine.serialLog)"))
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for lane in 0..<4 {
        group.addTask {
          // Without a log it counts as the oldest of all: the first that is taken away.
          let directory = try RunDirectory(name: "lane\(lane)", cache: cache)
          for _ in 0..<300 {
            let lock = try await directory.take(limit: .seconds(120))
            try Data().write(to: URL(fileURLWithPath: "\(directory.path)/disk"))
            await Task.yield()
            #expect(FileManager.default.fileExists(atPath: "\(directory.path)/disk"))
            let isNamed = lock.isNamed("\(directory.path)/lock")
            #expect(isNamed)
            _ = consume lock
            if lane == 0 { directory.remove() }
          }
        }
      }
      for _ in 0..<2 {
        group.addTask {
          for _ in 0..<600 {
            RunDirectory.prune(parent)
            await Task.yield()
          }
        }
      }
      try await group.waitForAll()
    }
  }
}

@Suite("List of machines")
struct MachineListTests {
  private func inCache(_ body: (String) async throws -> Void) async throws {
    let cache = NSTemporaryDirectory() + "runs-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: cache) }
    try UserDirectories.makeDirectory(try RunDirectory.parent(cache: cache))
    try await body(cache)
  }

  private func state(_ name: String) throws -> MachineState {
    let process = try #require(ProcessIdentity.current(of: getpid()))
    return MachineState(
      name: name, process: process, port: 17001, firmware: VirtualFirmware(), firmwareID: "id",
      kernelRelease: "r", lifetime: .owned, startedAt: Date())
  }

  @Test func whatLiesBesideIsNoMachine() async throws {
    try await inCache { cache in
      let parent = try RunDirectory.parent(cache: cache)
      for name in ["lost+found", ".nfs0001", "bench"] {
        try UserDirectories.makeDirectory("\(parent)/\(name)")
      }
      try state("bench").write("\(parent)/bench/state.json")
      #expect(try VirtualMachine.list(cache: cache).map(\.name) == ["bench"])
    }
  }

  /// Who stops a machine sees its end no sooner than who waits for its name.
  @Test func stoppingTakesNothingFromALaunchOfTheName() async throws {
    try await inCache { cache in
      let directory = try RunDirectory(name: "bench", cache: cache)
      var past = try state("bench")
      past.process.startTicks += 1
      past.lifetime = .detached
      let machine = VirtualMachine(state: past, directory: directory, lifetimeGuard: nil)
      let disk = "\(directory.path)/\(VirtualImage.dataDiskName)"
      let lock = try await directory.take(limit: .seconds(30))
      try Data().write(to: URL(fileURLWithPath: disk))
      try await machine.stop()
      #expect(FileManager.default.fileExists(atPath: disk))
      _ = consume lock
      try await machine.stop()
      #expect(!FileManager.default.fileExists(atPath: disk))
    }
  }

  /// A command lists the machines while others end theirs.
  @Test func aMachineThatEndsMeanwhileIsNoError() async throws {
    try await inCache { cache in
      let directory = try RunDirectory(name: "bench", cache: cache)
      try UserDirectories.makeDirectory(directory.path)
      let state = try state("bench")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for _ in 0..<1000 {
            try state.write(directory.statePath)
            directory.clear(keepingLog: true)
          }
        }
        group.addTask {
          for _ in 0..<2000 { _ = try VirtualMachine.list(cache: cache) }
        }
        try await group.waitForAll()
      }
    }
  }
}

@Suite("A launch that fails")
struct FailedLaunchTests {
  /// QEMU had started when its state could not be written, as on a full disk.
  @Test func itsProcessIsEnded() async throws {
    let cache = NSTemporaryDirectory() + "runs-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: cache) }
    let directory = try RunDirectory(name: "bench", cache: cache)
    try UserDirectories.makeDirectory(directory.path)
    await directory.endLaunched()
    let child = try ChildProcess.spawn("sleep", arguments: ["1000"])
    try AtomicFile.write(
      Array("\(child.processID)\n".utf8), to: directory.processFile, durable: false)
    await directory.endLaunched()
    #expect(try await child.waitForExit() == .signalled(SIGKILL))
  }
}

@Suite("A launch without room for its disks")
struct FullDiskTests {
  /// The first of two disks was copied when the second could not be.
  @Test func whatWasCopiedIsRemoved() async throws {
    let cache = NSTemporaryDirectory() + "runs-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: cache) }
    let images = "\(cache)/virtual/images/some-key"
    try UserDirectories.makeDirectory(images)
    let facts = VirtualImage.Facts(
      kernel: .v6_1, kernelRelease: "6.1.0-x", kernelDigest: "0123456789abcdef")
    try JSONEncoder().encode(facts).write(to: URL(fileURLWithPath: "\(images)/image.json"))
    for part in ["kernel", "initramfs.cpio.zst", "data.raw", "f2fs.raw"] {
      try Data([1]).write(to: URL(fileURLWithPath: "\(images)/\(part)"))
    }
    let image = try VirtualImage(directory: images)
    unlink(image.f2fsDiskPath)
    let directory = try RunDirectory(name: "bench", cache: cache)
    let launch = MachineLaunch(
      firmware: VirtualFirmware(), firmwareID: "id", image: image, files: [], definition: nil,
      name: "bench", directory: directory, lifetime: .owned)
    await #expect(throws: HostToolError.self) { try await launch.run(port: nil) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["lock"])
  }
}

@Suite("State of a machine")
struct MachineStateTests {
  private static let text = """
    {"version":1,"name":"bench","port":17001,"definition":"virtual-own",
     "firmware":{"kernel":"5.10"},"firmwareID":"virtual-5.10-0123456789ab","kernelRelease":"5.10.0-32-arm64",
     "lifetime":"detached","startedAt":"2025-01-02T03:04:05Z","bootSeconds":4.5,
     "process":{"processID":77,"startTicks":123,"hostBootID":"b"}}
    """

  private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "/latgate-state-\(UUID().uuidString)"
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    defer { unlink(path) }
    try body(path)
  }

  @Test func reading() throws {
    try withFile(Self.text) { path in
      let state = try MachineState.read(path)
      #expect(state.name == "bench")
      #expect(state.port == 17001)
      #expect(state.definition == "virtual-own")
      #expect(state.firmware == VirtualFirmware(kernel: .v5_10))
      #expect(state.lifetime == .detached)
      #expect(state.bootSeconds == 4.5)
      #expect(
        state.process == ProcessIdentity(processID: 77, startTicks: 123, hostBootID: "b"))
    }
  }

  @Test func writingIsReadBack() throws {
    try withFile(Self.text) { path in
      var state = try MachineState.read(path)
      state.bootSeconds = nil
      try state.write(path)
      #expect(try MachineState.read(path) == state)
    }
  }

  @Test(arguments: [
    "", "{}", text.replacing("\"version\":1", with: "\"version\":2"),
    text.replacing("17001", with: "170010"),
  ])
  func otherFilesAreRefused(_ text: String) throws {
    try withFile(text) { path in
      let error = try #require(throws: VirtualDeviceError.self) { try MachineState.read(path) }
      guard case .badState(path, _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }
}

@Suite("Console, ports, names and greetings")
struct MachinePartsTests {
  @Test func consoleCountsBootsAndFindsPanics() {
    let quiet = ConsoleLog(
      bytes: Array("latgate: ready 3.1\r\nlatgate: reboot\r\nlatgate: ready 3.0\r\n".utf8))
    #expect(quiet.readyCount == 2)
    #expect(quiet.panicCount == 0)
    #expect(quiet.tail(lines: 1) == "latgate: ready 3.0")
    let broken = ConsoleLog(
      bytes: [0xff, 0x0a] + Array("[ 1.0] Kernel panic - not syncing: Attempted to kill init".utf8))
    #expect(broken.readyCount == 0)
    #expect(broken.panicCount == 1)
    #expect(ConsoleLog(bytes: []).tail() == "(nothing)")
  }

  @Test(arguments: ["", "a/b", "..", "-x", "a b", "a,b", "ä", String(repeating: "a", count: 41)])
  func badNamesAreRefused(_ name: String) throws {
    let error = try #require(throws: VirtualDeviceError.self) {
      try RunDirectory(name: name, cache: "/nowhere")
    }
    guard case .invalidArgument("name", name, _) = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func pathsOfARunDirectory() throws {
    let directory = try RunDirectory(name: "bench-1", cache: "/nowhere")
    #expect(directory.statePath == "/nowhere/virtual/run/bench-1/state.json")
    #expect(directory.serialLog == "/nowhere/virtual/run/bench-1/serial.log")
  }

  @Test(arguments: [0, 1023, 5555, 5570, 5585] as [UInt16])
  func badPortsAreRefused(_ port: UInt16) throws {
    let error = try #require(throws: VirtualDeviceError.self) { try LoopbackPort.check(port) }
    guard case .invalidArgument("port", _, _) = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func freePortIsUsable() throws {
    let port = try LoopbackPort.anyFree()
    #expect(!LoopbackPort.scannedByADB.contains(port))
    try LoopbackPort.check(port)
  }

  @Test func greetingIsOneConnectPacket() {
    #expect(
      ADBHandshake.greeting == [
        0x43, 0x4e, 0x58, 0x4e, 0x01, 0x00, 0x00, 0x01, 0x00, 0x10, 0x00, 0x00,
        0x06, 0x00, 0x00, 0x00, 0x32, 0x02, 0x00, 0x00, 0xbc, 0xb1, 0xa7, 0xb1,
        0x68, 0x6f, 0x73, 0x74, 0x3a, 0x3a,
      ])
  }

  @Test func answersOfADB() {
    let connect = Array(ADBHandshake.greeting.prefix(24))
    #expect(ADBHandshake.isAnswer(connect))
    let auth: [UInt8] =
      Array("AUTH".utf8) + [UInt8](repeating: 0, count: 16) + [0xbe, 0xaa, 0xab, 0xb7]
    #expect(ADBHandshake.isAnswer(auth))
    #expect(!ADBHandshake.isAnswer(Array(connect.dropLast())))
    var wrongMagic = connect
    wrongMagic[20] ^= 1
    #expect(!ADBHandshake.isAnswer(wrongMagic))
    #expect(!ADBHandshake.isAnswer(Array("HTTP/1.1 400 Bad Request".utf8)))
  }

  @Test func monitorLinesMayArriveInPieces() {
    var lines = MonitorLines()
    lines.append(Array("{\"QMP\":{}}\r\n\r\n{\"ret".utf8))
    #expect(lines.next() == Array("{\"QMP\":{}}".utf8))
    #expect(lines.next() == nil)
    lines.append(Array("urn\":{}}\r\n".utf8))
    #expect(lines.next() == Array("{\"return\":{}}".utf8))
  }
}

@Suite("Guard of an owned machine")
struct LifetimeGuardTests {
  /// Starts a process with QEMU's kind of arguments, runs the guard of `launch` over it with `input`
  /// and prints whether process and state file are there afterwards.
  private func outcome(
    input: String, guarded: String, launch: String = "this"
  ) async throws -> String {
    let script = """
      directory=$(mktemp -d) && cd "$directory" || exit 1
      sh -c 'while :; do sleep 1; done' -name latgate-bench more </dev/null >/dev/null 2>&1 &
      echo $! >qemu.pid; : >state.json; echo this >owner
      printf '%s' "$2" | sh -c "$1" latgate-guard qemu.pid "$3" owner "$4" state.json
      kill -0 $! 2>/dev/null && grep -q name /proc/$!/cmdline && echo process
      [ -e state.json ] && echo state
      kill -KILL $! 2>/dev/null
      rm -rf "$directory"
      """
    let shell = HostTool(name: "sh", package: "dash")
    let bytes = try await shell.output(
      ["-c", script, "test", LifetimeGuard.script, input, guarded, launch])
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func theEndOfTheOwnerEndsTheMachine() async throws {
    #expect(try await outcome(input: "", guarded: "latgate-bench") == "")
  }

  @Test func aDismissedGuardLeavesItAlone() async throws {
    #expect(
      try await outcome(input: "dismissed\n", guarded: "latgate-bench") == "process\nstate\n")
  }

  /// Its owner was killed, and another has taken the name since.
  @Test func aYoungerLaunchOfTheNameIsLeftAlone() async throws {
    #expect(
      try await outcome(input: "", guarded: "latgate-bench", launch: "past") == "process\nstate\n")
  }

  @Test func aNumberUsedAgainIsNotKilled() async throws {
    #expect(try await outcome(input: "", guarded: "latgate-other") == "process\n")
  }
}
