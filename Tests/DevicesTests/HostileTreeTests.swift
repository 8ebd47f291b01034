import ADB
import Foundation
import POSIXSupport
import Synchronization
import Testing

@testable import Devices

/// A device whose directory has two files of half of all bytes that 64 bits count.
private struct HugeTree: ADBTransport {
  let serial = "huge"

  /// Answers each request of the `sync:` protocol as it arrives.
  private final class Session: ByteChannel {
    private let answers = Mutex<[UInt8]>([])

    func read(deadline: Deadline?) async throws -> [UInt8] {
      answers.withLock { bytes in
        defer { bytes = [] }
        return bytes
      }
    }

    func write(_ bytes: [UInt8], deadline: Deadline?) async throws {
      let made: [UInt8]
      switch String(decoding: bytes.prefix(4), as: UTF8.self) {
      case "STA2": made = Self.word("STA2") + Self.status(mode: 0o040755, size: 4096)
      case "LIS2":
        made = Self.entry("a") + Self.entry("b") + Self.word("DONE") + Self.zeros(72)
      case "RECV": made = Self.word("FAIL") + [3, 0, 0, 0] + Self.word("no!")
      default: made = []
      }
      answers.withLock { $0 += made }
    }

    func close() {}

    private static func entry(_ name: String) -> [UInt8] {
      word("DNT2") + status(mode: 0o100644, size: 1 << 63) + [1, 0, 0, 0] + word(name)
    }

    /// errno, dev, ino; mode; nlink, uid, gid; size; three times.
    private static func status(mode: UInt32, size: UInt64) -> [UInt8] {
      var bytes = zeros(20)
      withUnsafeBytes(of: mode.littleEndian) { bytes += $0 }
      bytes += zeros(12)
      withUnsafeBytes(of: size.littleEndian) { bytes += $0 }
      return bytes + zeros(24)
    }

    private static func word(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
  }

  func open(_ service: String, timeout: Duration) async throws -> any ByteChannel { Session() }
  func features(timeout: Duration) async throws -> Set<String> { ["stat_v2", "ls_v2"] }
  func state(timeout: Duration) async throws -> DeviceState? { .device }
  func reconnect(timeout: Duration) async throws {}
  func wait(until state: AwaitedState, timeout: Duration) async throws {}
  func isSlow() async -> Bool { false }
  func neighbours() async -> [String] { [] }
}

@Suite struct HostileTreeTests {
  @Test func sizesThatNoDiskHasEndNothing() async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let tally = try await ADBDevice(transport: HugeTree()).pullAll("/x", to: directory)
    #expect(tally.expectedFiles == 2)
    #expect(tally.failed.map(\.detail) == ["no!", "no!"])
  }
}
