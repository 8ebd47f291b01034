import Foundation
import POSIXSupport
import Synchronization
import Testing

@testable import Devices

@Suite struct LeaseTests {
  private func inFolder(_ body: (String) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "latgate-leases-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try UserFolders.makeFolder(folder)
    try await body(folder)
  }

  private func desk(
    _ folder: String, wait: Duration = .zero,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> LeaseDesk {
    try LeaseDesk(
      environment: ["LATGATE_LEASES": folder], wait: wait, command: "latgate check demo",
      report: report)
  }

  /// Another process that holds a lease, as far as the kernel is concerned, and says so once it
  /// does. It ends with its stdin.
  private func stranger(_ folder: String, key: String) async throws -> ChildProcess {
    let path = "\(folder)/\(LeaseKeys.fileName(key))"
    let note =
      #"{"processID":1,"user":"ci","since":"2026-01-02T03:04:05Z","command":"latgate run x"}"#
    try Data(note.utf8).write(to: URL(fileURLWithPath: path))
    let child = try ChildProcess.spawn(
      "flock", arguments: ["-x", path, "sh", "-c", "echo held; read -r word"], connectsInput: true)
    #expect(try await child.standardOutput.read() == Array("held\n".utf8))
    return child
  }

  @Test func anotherProcessKeepsTheDevice() async throws {
    try await inFolder { folder in
      let child = try await stranger(folder, key: "serial-A")
      await #expect(
        throws: DeviceError.inUse(
          device: "a",
          holder: "process 1 of user ci since 2026-01-02T03:04:05Z: latgate run x")
      ) {
        _ = try await desk(folder).take(["usb-1-2", "serial-A"], device: "a")
      }
      // All or none: the name that was free is free again.
      let other = try await desk(folder).take(["usb-1-2"], device: "a")
      other.release()
      child.signalGroup(SIGKILL)
      _ = try await child.waitForExit()
      let lease = try await desk(folder).take(["usb-1-2", "serial-A"], device: "a")
      lease.release()
    }
  }

  @Test func waitingEndsWithTheHolder() async throws {
    try await inFolder { folder in
      let child = try await stranger(folder, key: "virtual-demo")
      let said = Mutex<[String]>([])
      let waiting = Task {
        try await desk(folder, wait: .seconds(60)) { line in said.withLock { $0.append(line) } }
          .take(["virtual-demo"], device: "demo")
      }
      while said.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(10)) }
      child.standardInput?.close()
      let lease = try await waiting.value
      let lines = said.withLock { $0 }
      #expect(lines.count == 1)
      #expect(lines[0].contains("process 1 of user ci"), "\(lines)")
      let holder = LeaseHolder.read("\(folder)/virtual-demo.lock")
      #expect(holder?.processID == getpid() && holder?.command == "latgate check demo")
      lease.release()
      _ = try await child.waitForExit()
    }
  }

  @Test func aWaitCanBeCancelled() async throws {
    try await inFolder { folder in
      let child = try await stranger(folder, key: "local")
      let waiting = Task {
        _ = try await desk(folder, wait: .seconds(600)).take(["local"], device: "local")
      }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
      child.standardInput?.close()
      _ = try await child.waitForExit()
    }
  }

  @Test func oneCommandMayNotTakeADeviceTwice() async throws {
    try await inFolder { folder in
      let desk = try desk(folder, wait: .seconds(60))
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
    let machine = LeaseKeys.virtual(name: "demo", port: 7001)
    for name in ["tcp:localhost:7001", "tcp:127.0.0.1:7001", "127.0.0.1:7001"] {
      #expect(share(machine, LeaseKeys.address(DeviceAddress(name))), "\(name)")
    }
    #expect(!share(machine, LeaseKeys.address(DeviceAddress("tcp:127.0.0.1:7002"))))
  }

  @Test func aKeyCannotLeaveTheFolder() {
    #expect(LeaseKeys.fileName("../a b") == "%2e.%2fa%20b.lock")
    #expect(LeaseKeys.fileName(String(repeating: "x", count: 999)).count == 205)
  }
}
