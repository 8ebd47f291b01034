import Catalogs
import Devices
import Foundation
import Synchronization
import Testing

@testable import Jobs

/// A kernel with one event and one function, which notes what its shell is asked.
private final class Kernel: Device {
  let name = "kernel"
  private let asked = Mutex<[String]>([])

  var commands: [String] { asked.withLock { $0 } }

  func exec(_ command: String, timeout: Duration) async throws -> ExecResult {
    asked.withLock { $0.append(command) }
    let isList = command.contains("available_events")
    let text = isList ? "latgate:directory\nsched:sched_switch\n" : "do_work.isra.0\n"
    return ExecResult(exitCode: 0, standardOutput: Array(text.utf8), standardError: [])
  }

  func stream(_ command: String) async throws -> any DeviceStream {
    throw DeviceError.notFound(device: name, known: [])
  }
  func push(_ localPath: String, to remotePath: String, mode: UInt32) async throws {}
  func pull(_ remotePath: String, to localPath: String) async throws {}
  func identify() async throws -> DeviceIdentity {
    throw DeviceError.notFound(device: name, known: [])
  }
  func reboot() async throws {}
  func waitUntilReady(timeout: Duration) async throws {}
}

struct EventReaderTests {
  private func ask(_ line: String) async throws -> (functions: [String], commands: [String]) {
    let device = Kernel()
    // A build of its own: what is known of builds is kept.
    let identity = DeviceIdentity(
      serial: "s", model: "m", fingerprint: UUID().uuidString, kernelRelease: "6.1",
      kernelVersion: "#1", abi: "arm64", bootID: "b")
    let known = try await EventReader(device: device, identity: identity, directory: nil)
      .known(for: try MeasureLine.parse(line))
    return (known.functions, device.commands)
  }

  @Test("a function is looked for by its name")
  func function() async throws {
    let found = try await ask("do_work.isra.0")
    #expect(found.functions == ["do_work.isra.0"])
    #expect(found.commands.last?.contains("do_work\\.isra\\.0") == true, "\(found.commands)")
  }

  @Test("nothing that is quoted in a line is a command of the device's shell")
  func quoted() async throws {
    let found = try await ask("\"kprobe:a.b/'; touch /tmp/latgate-was-here; '\"")
    #expect(!found.commands.contains { $0.contains("latgate-was-here") }, "\(found.commands)")
    #expect(found.functions == ["do_work.isra.0"])
  }
}
