import ADBPeers
import DebianRoots
import Foundation
import Testing

/// The tool on a real USB stack: a machine that is host and device at once.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct USBTests {
  @Test
  func shellAndFilesOverUSBSurviveCutsAndReplugs() async throws {
    let kernel = try await DebianRoot.extract(
      name: "usb-kernel", packages: ["linux-image-amd64", "busybox-static"], architecture: .amd64,
      suites: ["bookworm"])
    let daemon = try await PeerPackages.root()
    let kept = try TemporaryDirectory()
    let directory = kept.path
    let made = try await Bench.shared.alone {
      try await Call(
        "\(Tool.repository)/Tests/usb/run", [kernel, daemon, directory], environment: [:]
      ).end(within: .seconds(700))
    }
    #expect(made.exitCode == 0, "\(made.output)\n\(made.errors)")
    // Two speeds with at least these: found, shell, sizes, a cut, replugs; and one with names and runs.
    #expect(made.output.split(separator: "\n").filter { $0.hasPrefix("ok ") }.count >= 40)
    #expect(made.output.contains("the connection ended during push"))

    // The cable was pulled in the second iteration.
    let run = try Record.only(in: "\(directory)/run")
    run.expectResumed()
    let arms = try ["000-reference", "001-candidate"].map {
      try Record.read("\(directory)/check/runs/\($0).json")
    }
    #expect(arms.map(\.firmware.name) == ["one", "other"])
    for record in [run] + arms {
      #expect(record.device.transport == "usb")
      #expect(record.probes.map(\.status) == ["loaded"])
      #expect(record.count("runqueue.wait", ["class": "workload"], in: "ping-pong") > 0)
    }
  }
}
