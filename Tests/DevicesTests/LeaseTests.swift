import Foundation
import POSIXSupport
import Synchronization
import Testing

@testable import Devices

@Suite struct LeaseTests {
  private func inDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = NSTemporaryDirectory() + "latgate-leases-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try UserDirectories.makeDirectory(directory)
    try await body(directory)
  }

  private func desk(
    _ directory: String, wait: Duration = .zero,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> LeaseDesk {
    try LeaseDesk(
      environment: ["LATGATE_LEASES": directory], wait: wait, command: "latgate check demo",
      report: report)
  }

  /// Another process that holds a lease, as far as the kernel is concerned, and says so once it
  /// does. It ends with its stdin.
  private func stranger(_ directory: String, key: String) async throws -> ChildProcess {
    let path = "\(directory)/\(LeaseKeys.fileName(key))"
    let note =
      #"{"processID":1,"user":"ci","since":"2026-01-02T03:04:05Z","command":"latgate run x"}"#
    try Data(note.utf8).write(to: URL(fileURLWithPath: path))
    let child = try ChildProcess.spawn(
      "flock", arguments: ["-x", path, "sh", "-c", "echo held; read -r word"], connectsInput: true)
    #expect(try await child.standardOutput.read() == Array("held\n".utf8))
    return child
  }

  @Test func anotherProcessKeepsTheDevice() async throws {
    try await inDirectory { directory in
      let child = try await stranger(directory, key: "serial-A")
      await #expect(
        throws: DeviceError.inUse(
          device: "a",
          holder: "process 1 of user ci since 2026-01-02T03:04:05Z: latgate run x")
      ) {
        _ = try await desk(directory).take(["usb-1-2", "serial-A"], device: "a")
      }
      // All or none: the name that was free is free again.
      let other = try await desk(directory).take(["usb-1-2"], device: "a")
      other.release()
      child.signalGroup(SIGKILL)
      _ = try await child.waitForExit()
      // Its shell holds the lock as well, and may end a moment later.
      let lease = try await desk(directory, wait: .seconds(60))
        .take(["usb-1-2", "serial-A"], device: "a")
      lease.release()
    }
  }

  @Test func waitingEndsWithTheHolder() async throws {
    try await inDirectory { directory in
      let child = try await stranger(directory, key: "named-demo")
      let said = Mutex<[String]>([])
      let waiting = Task {
        try await desk(directory, wait: .seconds(60)) { line in said.withLock { $0.append(line) } }
          .take(["named-demo"], device: "demo")
      }
      while said.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(10)) }
      child.standardInput?.close()
      let lease = try await waiting.value
      let lines = said.withLock { $0 }
      #expect(lines.count == 1)
      #expect(lines[0].contains("process 1 of user ci"), "\(lines)")
      let holder = LeaseHolder.read("\(directory)/named-demo.lock")
      #expect(holder?.processID == getpid() && holder?.command == "latgate check demo")
      lease.release()
      _ = try await child.waitForExit()
    }
  }

  @Test func aWaitCanBeCancelled() async throws {
    try await inDirectory { directory in
      let child = try await stranger(directory, key: "local")
      let waiting = Task {
        _ = try await desk(directory, wait: .seconds(600)).take(["local"], device: "local")
      }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
      child.standardInput?.close()
      _ = try await child.waitForExit()
    }
  }

  @Test func oneCommandMayNotTakeADeviceTwice() async throws {
    try await inDirectory { directory in
      let desk = try desk(directory, wait: .seconds(60))
      let lease = try await desk.take(["tcp-h-1"], device: "one")
      await #expect(
        throws: DeviceError.inUse(
          device: "two", holder: "this command itself, which names it twice")
      ) {
        _ = try await desk.take(["tcp-h-1"], device: "two")
      }
      lease.release()
    }
  }

  @Test func waysToOneDeviceShareAKey() {
    func share(_ one: [String], _ other: [String]) -> Bool { !Set(one).isDisjoint(with: other) }
    let plugged = LeaseKeys.usb(path: "1-2", serial: "A", isUnique: true)
    #expect(share(plugged, LeaseKeys.usb(path: "usb:1-2", serial: "A", isUnique: true)))
    #expect(share(plugged, LeaseKeys.serial("A")))
    // Two devices of one serial number are two.
    let twins = ["1-2", "1-3"].map { LeaseKeys.usb(path: $0, serial: "A", isUnique: false) }
    #expect(!share(twins[0], twins[1]))
    #expect(LeaseKeys.serial("0123456789ABCDEF").isEmpty)
    // What getprop and the list of adb say of one number.
    #expect(share(LeaseKeys.serial(" BOX 7\r"), LeaseKeys.serial("BOX 7")))
    #expect(!share(LeaseKeys.serial("BOX 7"), LeaseKeys.serial("BOX7")))
    let machine = LeaseKeys.virtual(port: 7001)
    for name in ["tcp:localhost:7001", "tcp:127.0.0.1:7001", "127.0.0.1:7001"] {
      #expect(share(machine, LeaseKeys.address(DeviceAddress(name))), "\(name)")
    }
    #expect(!share(machine, LeaseKeys.address(DeviceAddress("tcp:127.0.0.1:7002"))))
  }

  @Test func aKeyCannotLeaveTheDirectory() {
    #expect(LeaseKeys.fileName("../a b") == "%2e.%2fa%20b.lock")
    #expect(LeaseKeys.fileName(String(repeating: "x", count: 999)).count == 205)
  }

  @Test func theDirectoryIsForAllUsersAndLeftEmpty() async throws {
    try await inDirectory { parent in
      let directory = "\(parent)/all"
      let lease = try await desk(directory).take(["serial-A", "usb-1-2"], device: "a")
      var status = stat()
      #expect(stat(directory, &status) == 0 && status.st_mode & 0o7777 == 0o1777)
      #expect(stat("\(directory)/serial-A.lock", &status) == 0 && status.st_mode & 0o777 == 0o666)
      lease.release()
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }
  }

  @Test func placesForLocksAreThoseWhereAllMayWrite() async throws {
    try await inDirectory { parent in
      for (name, mode) in [("own", 0o755), ("all", 0o1777), ("loose", 0o777)] as [(String, Int)] {
        try FileManager.default.createDirectory(
          atPath: "\(parent)/\(name)", withIntermediateDirectories: false)
        try FileManager.default.setAttributes(
          [.posixPermissions: mode], ofItemAtPath: "\(parent)/\(name)")
      }
      func base(_ names: String...) -> String {
        LeaseDirectory.base(of: names.map { "\(parent)/\($0)" })
      }
      #expect(base("missing", "own", "loose", "all") == "\(parent)/all")
      #expect(base("own", "loose") == "/tmp")
    }
    #expect(LeaseDirectory(environment: ["LATGATE_LEASES": "/x"]).path == "/x")
    // Nothing of the user's decides where users meet.
    #expect(
      LeaseDirectory(environment: ["HOME": "/a", "XDG_CACHE_HOME": "/b"])
        == LeaseDirectory(environment: [:]))
  }

  @Test func aDirectoryThatCannotServeIsNamed() async throws {
    try await inDirectory { parent in
      let link = "\(parent)/link"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: parent)
      for directory in [link, "/proc/nothing"] {
        let error = await #expect(throws: DeviceError.self) {
          _ = try await desk(directory).take(["local"], device: "local")
        }
        guard case .hostFile(directory, let detail)? = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
        #expect(detail.contains("LATGATE_LEASES"))
      }
    }
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to become another user"))
  func usersMeet() async throws {
    try await inDirectory { parent in
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: parent)
      let directory = "\(parent)/all"
      let first = try await desk(directory).take(["serial-A"], device: "a")
      func other(_ script: String) async throws -> Int32 {
        let child = try ChildProcess.spawn(
          "setpriv",
          arguments: ["--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", script])
        return try await child.waitForExit().shellCode
      }
      let path = "\(directory)/serial-A.lock"
      // Another user finds the lease taken, may not remove it, and may take it afterwards.
      #expect(try await other("flock -n '\(path)' true") == 1)
      #expect(try await other("rm -f '\(path)' 2> /dev/null") == 1)
      first.release()
      #expect(try await other("umask 077; : > '\(path)'; chmod 666 '\(path)'") == 0)
      let second = try await desk(directory).take(["serial-A"], device: "a")
      #expect(try await other("flock -n '\(path)' true") == 1)
      #expect(LeaseHolder.read(path)?.processID == getpid())
      second.release()
    }
  }

  @Test func aContainersHolderIsNamedWithItsPlace() throws {
    var holder = LeaseHolder(command: "latgate run x")
    #expect(holder.isThisProcess)
    holder.processSpace = "pid:[1]"
    holder.host = "box"
    holder.user = "ci"
    holder.since = Date(timeIntervalSince1970: 0)
    #expect(!holder.isThisProcess)
    #expect(
      holder.sentence
        == "process \(getpid()) of user ci in box since 1970-01-01T00:00:00Z: latgate run x")
  }
}
