import Foundation
import Testing

/// A campaign from its keys to its verdict, as the people do it who run one.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct CampaignTests {
  private static let offered = 500_000

  /// A line as the collector exports it.
  private static func line(
    device: Int, arm: Int, hour: Int, build: String, bucket: Int, campaign: String = "disk-1"
  ) -> String {
    let high = String(UInt64(device) &* 0x9e37_79b9_7f4a_7c15, radix: 16)
    let name = String(repeating: "0", count: 16 - high.count) + high + "0000000000000000"
    let buckets = (0..<40).map { "[\(bucket + $0 - 20),\(1 + 20 - abs($0 - 20))]" }
    return "{\"arm\":\(arm),\"build\":\"\(build)\",\"campaign\":\"\(campaign)\",\"code\":0,"
      + "\"cpu_ms\":1,\"device\":\"\(name)\",\"evicted\":0,\"flags\":0,\"histograms\":[{\"buckets\":["
      + "\(buckets.joined(separator: ","))],\"censored\":0,\"label\":\"\",\"lost\":0,\"metric\":1,"
      + "\"rung\":\"ftrace\",\"tier\":\"T0\"}],\"id\":\"00\",\"incarnation\":\"00\",\"kind\":1,"
      + "\"manifest\":\"00\",\"memory_kib\":1,\"model\":\"pixel\",\"received_ms\":0,\"sequence\":0,"
      + "\"started_hour\":\(hour),\"sub_bits\":4,\"uptime_minutes\":9000,\"window_seconds\":600}\n"
  }

  /// Devices of both arms, before the offer and for three days after it; the candidate's are
  /// `slower` buckets of some 5% slower.
  private static func reports(devices: Int, slower: Int) -> String {
    var lines = ""
    for device in 0..<(2 * devices) {
      for day in -2..<3 {
        let change = day >= 0 && device % 2 == 1 ? slower : 0
        let noise = (device &* 7 &+ day &* 13) % 3
        lines += line(
          device: device, arm: device % 2, hour: offered + 24 * day,
          build: day >= 0 && device % 2 == 1 ? "B2" : "B1",
          bucket: 200 + device % 11 + noise + change)
      }
    }
    return lines
  }

  @Test func defaultsOfTimesMayBeTyped() async throws {
    let help = try await Tool().run("campaign", "create", "--help")
    for time in ["336h)", "24h)", "10m)", "2h)", "1440h)"] {
      #expect(help.output.contains(time), "\(time)")
    }
  }

  @Test("Keys, campaign, signature, publication, verdict, pause and revocation")
  func story() async throws {
    let directory = try TemporaryDirectory()
    let tool = Tool()
    let (repository, keys, draft) = (
      "\(directory.path)/repo", "\(directory.path)/keys", "\(directory.path)/draft"
    )
    func campaign(_ arguments: [String]) async throws -> Call.Result {
      try await tool.start(["campaign"] + arguments).end(within: .seconds(120))
    }
    let signed = ["--repository", repository, "--keys", keys]

    let made = try await campaign(["keys", "create"] + signed)
    #expect(made.exitCode == 0, "\(made.errors)")
    let paths = made.output.split(separator: "\n")
    #expect(paths.count == 6)
    for path in paths {
      let mode = try FileManager.default.attributesOfItem(atPath: String(path))[.posixPermissions]
      #expect(mode as? Int == 0o600)
    }
    let again = try await campaign(["keys", "create"] + signed)
    #expect(again.exitCode == 65 && again.errors.contains("there is a repository already"))

    let created = try await campaign([
      "create", "disk-1", "--probe", "fsync", "--tier", "T0", "--out", draft,
    ])
    #expect(created.exitCode == 0, "\(created.errors)")
    #expect(created.output.contains("arm64: bundle of "))
    let early = try await campaign(["publish"] + signed)
    #expect(early.exitCode == 65 && early.errors.contains("no campaign is signed"))
    let signing = try await campaign(["sign", draft] + signed)
    #expect(signing.exitCode == 0, "\(signing.errors)")
    let twice = try await campaign(["sign", draft] + signed)
    #expect(twice.exitCode == 65 && twice.errors.contains("is signed already"))
    let unpublished = try await campaign(["status", "--repository", repository])
    #expect(unpublished.exitCode == 65 && unpublished.errors.contains("timestamp.json"))

    // Online, with two keys only.
    let online = "\(directory.path)/online"
    try FileManager.default.createDirectory(atPath: online, withIntermediateDirectories: true)
    for name in ["snapshot-1.key", "timestamp-1.key"] {
      try FileManager.default.copyItem(atPath: "\(keys)/\(name)", toPath: "\(online)/\(name)")
    }
    let published = try await campaign(
      ["publish", "--repository", repository, "--keys", online])
    #expect(published.exitCode == 0, "\(published.errors)")
    let status = try await campaign(["status", "--repository", repository, "--format", "json"])
    #expect(status.exitCode == 0, "\(status.errors)")
    #expect(status.output.contains("\"standing\" : \"running\""))
    #expect(status.output.contains("\"control 2%\""))

    try await verdicts(directory.path, repository, campaign)

    let paused = try await campaign(
      ["pause", "disk-1", "--repository", repository, "--keys", online])
    #expect(paused.exitCode == 0, "\(paused.errors)")
    #expect(
      try await campaign(["status", "--repository", repository]).output.contains("paused"))
    let revoked = try await campaign(
      ["revoke", "disk-1", "--repository", repository, "--keys", online])
    #expect(revoked.exitCode == 0 && revoked.errors.contains("it is still in the list"))
    #expect(
      try await campaign(["status", "--repository", repository]).output
        .contains("revoked: disk-1"))
    let unknown = try await campaign(["revoke", "disk-9"] + signed)
    #expect(unknown.exitCode == 65 && unknown.errors.contains("there are disk-1"))

    // A bit of a bundle that falls over is found.
    let bundles = "\(repository)/bundles"
    let bundle = try #require(
      try FileManager.default.contentsOfDirectory(atPath: bundles).first)
    let handle = try #require(FileHandle(forUpdatingAtPath: "\(bundles)/\(bundle)"))
    try handle.write(contentsOf: Data([0xff]))
    try handle.close()
    let spoilt = try await campaign(["status", "--repository", repository])
    #expect(spoilt.exitCode == 65 && spoilt.errors.contains("not those that were signed"))

    // With the key of targets it leaves the list; what it collected is looked at all the same.
    let taken = try await campaign(["revoke", "disk-1"] + signed)
    #expect(taken.exitCode == 0 && taken.errors.contains("out of the list"))
    let empty = try await campaign(["status", "--repository", repository])
    #expect(empty.exitCode == 0 && empty.output.contains("no campaign"), "\(empty.errors)")
    let devices = "\(directory.path)/devices"
    let arms = try await campaign(
      ["arms", "disk-1", "--repository", repository, "--devices", devices])
    #expect(arms.exitCode == 0 && arms.output.contains(" canary\n"), "\(arms.errors)")
    let reports = "\(directory.path)/reports.jsonl"
    try Data(Self.reports(devices: 70, slower: 3).utf8).write(to: URL(fileURLWithPath: reports))
    let late = try await campaign([
      "judge", "disk-1", "--repository", repository, "--build", "B2", "--reports", reports,
      "--offered", "2027-01-15T08:00:00Z", "--as-of", "2027-01-18T08:00:00Z", "--least-devices",
      "64",
    ])
    #expect(late.exitCode < 64, "\(late.errors)")
    let other = try await campaign(
      ["arms", "disk-9", "--repository", repository, "--devices", devices])
    #expect(other.exitCode == 65 && other.errors.contains("there is no campaign 'disk-9'"))
  }

  /// The gate's four answers.
  private func verdicts(
    _ directory: String, _ repository: String, _ campaign: ([String]) async throws -> Call.Result
  ) async throws {
    let names = (0..<500).map { "device-\($0)\n" }.joined()
    try Data(names.utf8).write(to: URL(fileURLWithPath: "\(directory)/devices"))
    let arms = try await campaign([
      "arms", "disk-1", "--repository", repository, "--devices", "\(directory)/devices",
    ])
    #expect(arms.output.split(separator: "\n").count == 500)
    #expect(arms.output.contains(" canary\n") && arms.output.contains(" control\n"))

    let time = Date(timeIntervalSince1970: Double(Self.offered) * 3600)
    func judge(_ lines: String, _ options: String...) async throws -> Call.Result {
      let file = "\(directory)/reports.jsonl"
      try Data(lines.utf8).write(to: URL(fileURLWithPath: file))
      return try await campaign(
        [
          "judge", "disk-1", "--repository", repository, "--build", "B2", "--reports", file,
          "--silence", "48h", "--offered", time.formatted(.iso8601),
          "--as-of", time.addingTimeInterval(72 * 3600).formatted(.iso8601),
        ] + options)
    }
    // A place that takes nothing does not cost the stop.
    let lost = try await judge(
      Self.reports(devices: 250, slower: 3), "--keep", "\(directory)/devices/verdicts")
    #expect(lost.exitCode == 1 && lost.output.hasPrefix("STOP"), "\(lost.output) \(lost.errors)")
    #expect(lost.errors.contains("the verdict stands"), "\(lost.errors)")
    let slow = try await judge(Self.reports(devices: 250, slower: 3))
    #expect(slow.exitCode == 1, "\(slow.output) \(slow.errors)")
    #expect(slow.output.hasPrefix("STOP"))
    let same = try await judge(Self.reports(devices: 700, slower: 0))
    #expect(same.exitCode == 0, "\(same.output) \(same.errors)")
    let few = try await judge(Self.reports(devices: 60, slower: 3))
    #expect(few.exitCode == 2 && few.output.contains("60 devices of an arm"), "\(few.output)")
    let uneven = try await judge(
      Self.reports(devices: 700, slower: 0).split(separator: "\n", omittingEmptySubsequences: true)
        .enumerated().filter { $0.offset / 5 % 2 == 0 || $0.offset / 10 % 3 > 0 }
        .map { $0.element + "\n" }.joined())
    #expect(uneven.exitCode == 3, "\(uneven.output)")
    let broken = try await judge(Self.reports(devices: 1, slower: 0) + "{\"arm\":0}\n")
    #expect(broken.exitCode == 65 && broken.errors.contains("reports.jsonl:11"), "\(broken.errors)")
  }
}
