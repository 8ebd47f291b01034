import Foundation
import Testing

/// A campaign on two virtual devices, with a collector, a judge and a dashboard.
@Suite(
  .enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"),
  .enabled(
    if: FileManager.default.isExecutableFile(
      atPath: "\(Tool.repository)/.build/debug/latgate-collector"),
    "needs the collector: swift build --traits Collector"))
struct CampaignTrialTests {
  @Test("A slow firmware is stopped, the campaign revoked, and the dashboard shows it")
  func slow() async throws {
    let directory = try TemporaryDirectory()
    let out = "\(directory.path)/trial"
    let (processID, call) = try await Bench.shared.alone {
      let call = try Tool().start([
        "campaign", "trial", "--firmware", "slow", "--windows", "1", "--stay",
        "--out", out,
      ])
      let isUp = try await eventually(within: .seconds(240)) {
        call.outputSoFar.contains("dashboard: ") || !call.isRunning
      }
      #expect(isUp)
      do { try await look(call.outputSoFar, out) } catch { Issue.record(error) }
      call.signal(SIGINT)
      return (call.processID, try await call.end(within: .seconds(60)))
    }
    #expect(call.exitCode == 0, "\(call.output) \(call.errors)")
    #expect(call.output.contains("STOP  canary against control"))
    #expect(call.output.contains("slow: stop; stopped within "))
    #expect(call.errors.contains("both devices had stopped and said so"))
    // Nothing of it runs on.
    let isGone = try await eventually(within: .seconds(20)) {
      try FileManager.default.contentsOfDirectory(atPath: "/proc").allSatisfy { name in
        let line = (try? String(contentsOfFile: "/proc/\(name)/cmdline", encoding: .utf8)) ?? ""
        return !line.contains(out) && !line.contains("latgate-trial-\(processID)-")
      }
    }
    #expect(isGone)
  }

  /// Opens the dashboard as a browser does.
  private func look(_ output: String, _ out: String) async throws {
    let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("dashboard: ") })
    let own = String(line.dropFirst("dashboard: ".count))
    func get(_ path: String, at address: String? = nil) async throws -> Call.Result {
      try await Call(
        "/usr/bin/env",
        ["curl", "--silent", "--show-error", "--include", (address ?? own) + path],
        environment: [:]
      ).end(within: .seconds(60))
    }
    let list = try await get("")
    #expect(list.output.contains("default-src 'none'"), "\(list.errors)")
    #expect(list.output.contains("<a href=\"/campaigns/trial-slow\">"))
    let page = try await get("campaigns/trial-slow")
    #expect(page.output.contains("<p class=\"word\">stop</p>"))
    #expect(page.output.contains("stopped: the campaign was revoked"))
    #expect(page.output.contains("Values over time"))
    let stranger = try await get(
      "campaigns/trial-slow", at: own.replacing(/latgate:[0-9a-f]+@/, with: ""))
    #expect(stranger.output.hasPrefix("HTTP/1.1 401") && !stranger.output.contains("fsync"))
    let none = try await get("campaigns/other")
    #expect(none.output.hasPrefix("HTTP/1.1 404"))
    // Nothing that names a device, a person or a place leaves one.
    let log = "\(out)/collector/log"
    let segments = try FileManager.default.contentsOfDirectory(atPath: log)
      .compactMap { FileManager.default.contents(atPath: "\(log)/\($0)") }
    #expect(segments.contains { $0.range(of: Data("trial-slow".utf8)) != nil })
    for name in ["device-", "latgate-load", "/data", "127.0.0.1"] {
      #expect(segments.allSatisfy { $0.range(of: Data(name.utf8)) == nil }, "\(name)")
    }
  }
}
