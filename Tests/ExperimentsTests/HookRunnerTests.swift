import Catalogs
import Foundation
import Glibc
import Testing

@testable import Experiments

@Suite struct HookRunnerTests {
  /// Runs `body` with a runner of these hooks and its log.
  private func with(
    _ hooks: String, _ body: (HookRunner, String) async throws -> Void
  ) async throws {
    let folder = NSTemporaryDirectory() + "latgate-hooks-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let text =
      "device: board\nkind: adb\nfirmwares: {new: builds/77.zip}\nhooks:\n"
      + hooks.replacing("FOLDER", with: folder)
    let log = "\(folder)/hooks.log"
    try await body(
      HookRunner(
        device: "usb:X1", definition: try DeviceDefinition.parse(text, file: "d.yaml"),
        usbPath: "1-2.3", log: log), log)
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  @Test func aHookKnowsItsDevice() async throws {
    try await with("  flash: env | grep ^LATGATE_ | sort; echo {firmware} >&2\n") { hooks, log in
      try await hooks.run(.flash, firmware: "new")
      let said = try text(log)
      for line in [
        "LATGATE_DEVICE=board", "LATGATE_FIRMWARE=new", "LATGATE_HOOK=flash",
        "LATGATE_IMAGE=builds/77.zip", "LATGATE_SERIAL=usb:X1", "LATGATE_USB_PATH=1-2.3",
        "LATGATE_USB_HUB=1-2", "LATGATE_USB_PORT=3", "builds/77.zip",
      ] {
        #expect(said.split(separator: "\n").contains { $0 == line }, "\(line) in \(said)")
      }
      #expect(said.hasPrefix("=== "))
    }
  }

  @Test func aFailureShowsItsOwnEnd() async throws {
    try await with("  flash: echo first\n  switch: echo torn; exit 7\n") { hooks, log in
      try await hooks.run(.flash, firmware: "new")
      await #expect(
        throws: RunError.hookFailed(
          device: "usb:X1", hook: "switch", exitCode: 7, output: "torn", log: log)
      ) {
        try await hooks.run(.switchTo, firmware: "new")
      }
      #expect(try text(log).contains("first"))
    }
  }

  @Test func aHookOverItsTimeIsKilledWithItsChildren() async throws {
    let hook =
      "  flash: {run: 'trap \"\" TERM; sleep 300 & echo $! > FOLDER/child; wait; sleep 300',"
      + " timeout: 1s}\n"
    try await with(hook) { hooks, log in
      await #expect(
        throws: RunError.hookTimedOut(
          device: "usb:X1", hook: "flash", limit: .seconds(1), log: log)
      ) {
        try await hooks.run(.flash, firmware: "new")
      }
      let child = try #require(
        Int32(
          try text(log.replacing("hooks.log", with: "child"))
            .trimmingCharacters(in: .whitespacesAndNewlines)))
      var isGone = false
      // Its parent is dead: the process that inherits it may collect it late.
      for _ in 0..<200 where !isGone {
        let state = try? text("/proc/\(child)/stat")
        isGone = state.map { $0.contains(") Z") } ?? true
        if !isGone { try await Task.sleep(for: .milliseconds(50)) }
      }
      #expect(isGone)
    }
  }

  @Test func recoveringTakesTheStrongestMeans() async throws {
    try await with("  ready: \"true\"\n") { hooks, _ in
      #expect(!hooks.has(.powerCycle) && !hooks.has(.reboot))
    }
  }
}
