import Foundation
import Testing

@testable import FleetCollector

@Suite("Whom the collector listens to")
struct DeviceGateTests {
  @Test("A long answer counts as many requests, and no device spends what is another's")
  func requests() {
    let gate = DeviceGate(perDay: 24, connections: 1)
    #expect(gate.refusal(of: "a", now: 0) == nil)
    gate.charge("a", bytes: DeviceGate.requestBytes - 1)
    for _ in 1..<20 { #expect(gate.refusal(of: "a", now: 0) == nil) }
    gate.charge("a", bytes: 6 * DeviceGate.requestBytes)
    // Two are owed.
    let refusal = gate.refusal(of: "a", now: 0)
    #expect(refusal?.status == 429 && refusal?.retryAfter == 3 * 3600)
    #expect(gate.refusal(of: "b", now: 0) == nil)
    #expect(gate.refusal(of: "a", now: 3 * 3_600_001) == nil)
  }

  @Test("A device with too many connections is turned away until some are closed")
  func connections() {
    let gate = DeviceGate(perDay: 100, connections: 2)
    for _ in 0..<2 { gate.opened("a") }
    #expect(gate.refusal(of: "a", now: 0) == nil)
    gate.opened("a")
    #expect(gate.refusal(of: "a", now: 0)?.status == 429)
    #expect(gate.refusal(of: "b", now: 0) == nil)
    gate.closed("a")
    #expect(gate.refusal(of: "a", now: 0) == nil)
  }

  @Test("A file shuts devices out, and lets in again whom it does not name any more")
  func denied() throws {
    let path = NSTemporaryDirectory() + "latgate-denied-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try "# stolen\r\ndevice-7 \n\n  a b\n".write(toFile: path, atomically: true, encoding: .utf8)
    let names = try DeniedDevices.read(path)
    #expect(names == ["device-7", "a b"])
    let gate = DeviceGate(perDay: 100, connections: 2)
    gate.deny(names)
    #expect(gate.refusal(of: "device-7", now: 0)?.status == 403)
    #expect(gate.refusal(of: "device-8", now: 0) == nil)
    gate.deny([])
    #expect(gate.refusal(of: "device-7", now: 0) == nil)
    #expect(throws: (any Error).self) { try DeniedDevices.read(path + "-missing") }
  }
}
