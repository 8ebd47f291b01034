import Catalogs
import Foundation
import Glibc
import Testing

@testable import Experiments

@Suite struct HostCommandRunnerTests {
  /// Runs `body` with a runner of these commands and its log.
  private func with(
    _ commands: String, _ body: (HostCommandRunner, String) async throws -> Void
  ) async throws {
    let directory = NSTemporaryDirectory() + "latgate-commands-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let text =
      "device: board\nkind: adb\nfirmwares: {new: builds/77.zip}\ncommands:\n"
      + commands.replacing("DIRECTORY", with: directory)
    let log = "\(directory)/commands.log"
    try await body(
      HostCommandRunner(
        device: "usb:X1", definition: try DeviceDefinition.parse(text, file: "d.yaml"),
        usbPath: "1-2.3", log: log), log)
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  @Test func aCommandKnowsItsDevice() async throws {
    try await with("  flash: env | grep ^LATGATE_ | sort; echo {firmware} >&2\n") { commands, log in
      try await commands.run(.flash, firmware: "new")
      let said = try text(log)
      for line in [
        "LATGATE_DEVICE=board", "LATGATE_FIRMWARE=new", "LATGATE_COMMAND=flash",
        "LATGATE_IMAGE=builds/77.zip", "LATGATE_SERIAL=usb:X1", "LATGATE_USB_PATH=1-2.3",
        "LATGATE_USB_HUB=1-2", "LATGATE_USB_PORT=3", "builds/77.zip",
      ] {
        #expect(said.split(separator: "\n").contains { $0 == line }, "\(line) in \(said)")
      }
      #expect(said.hasPrefix("=== "))
    }
  }

  @Test func aFailureShowsItsOwnEnd() async throws {
    try await with("  flash: echo first\n  switch: echo torn; exit 7\n") { commands, log in
      try await commands.run(.flash, firmware: "new")
      await #expect(
        throws: RunError.commandFailed(
          device: "usb:X1", command: "switch", exitCode: 7, output: "torn", log: log)
      ) {
        try await commands.run(.switchTo, firmware: "new")
      }
      #expect(try text(log).contains("first"))
    }
  }

  @Test func aCommandOverItsTimeIsKilledWithItsChildren() async throws {
    let command =
      "  flash: {run: 'trap \"\" TERM; sleep 300 & echo $! > DIRECTORY/child; wait; sleep 300',"
      + " timeout: 5s}\n"
    try await with(command) { commands, log in
      await #expect(
        throws: RunError.commandTimedOut(
          device: "usb:X1", command: "flash", limit: .seconds(5), log: log)
      ) {
        try await commands.run(.flash, firmware: "new")
      }
      let child = try #require(
        Int32(
          try text(log.replacing("commands.log", with: "child"))
            .trimmingCharacters(in: .whitespacesAndNewlines)))
      var isGone = false
      // Its parent is dead: the process that inherits it may collect it late.
      for _ in 0..<1200 where !isGone {
        let state = try? text("/proc/\(child)/stat")
        isGone = state.map { $0.contains(") Z") } ?? true
        if !isGone { try await Task.sleep(for: .milliseconds(50)) }
      }
      #expect(isGone)
    }
  }

  @Test func recoveringTakesTheStrongestMeans() async throws {
    try await with("  ready: \"true\"\n") { commands, _ in
      #expect(!commands.has(.powerCycle) && !commands.has(.reboot))
    }
  }
}
