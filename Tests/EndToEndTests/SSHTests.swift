import Foundation
import SSHPeer
import Testing

/// Whole runs on a board behind a real ssh server, whose kernel is this machine's.
@Suite(.serialized, .enabled(if: SSHPeer.isEnabled && Tool.isEnabled, "needs root: run ci/test"))
struct SSHTests {
  private static let suite = """
    suite: board
    description: the smoke workload on a board
    device: board
    workload: smoke
    probes: [runqueue]
    iterations: 1
    warmup: 0
    settle: {limit: 60s, quiet: 1s, uptime_min: 0s, cpu_pressure_max: 100%, cpu_busy_max: 100%}
    overhead: {iterations: 0, slowdown_max: 90%, cpu_max: 90%}
    """

  private func share(_ peer: SSHPeer, user: String, privilege: String = "auto") throws -> TestShare
  {
    let share = try TestShare()
    try share.write(Self.suite, to: "targets/suites/board.yaml")
    try share.write(
      """
      device: board
      description: this machine behind ssh
      kind: ssh
      address: \(user)@127.0.0.1:\(peer.port)
      ssh_config: \(peer.configuration)
      privilege: \(privilege)
      """, to: "targets/devices/board.yaml")
    return share
  }

  private struct Listed: Decodable {
    var name: String
    var transport: String
    var state: String
    var tier: String
    var privilege: String
    var kernel: String
  }

  @Test(arguments: [
    ("root", "root"), ("sudoer", "sudo"), ("granted", "su -c"), ("android", "su 0"),
  ])
  func aWholeRunGoesOverSSH(user: String, privilege: String) async throws {
    let peer = try await SSHPeer.start()
    let share = try share(peer, user: user)
    let results = try TemporaryDirectory()
    let made = try await Tool(share: share.path).run(
      "run", "board", "--output", results.path, within: .seconds(240))
    #expect(made.exitCode == 0, "\(made.errors)")
    let files = try FileManager.default.contentsOfDirectory(atPath: results.path)
    let file = try #require(files.first { $0.hasSuffix(".json") }, "\(files)")
    let record = try #require(
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: URL(fileURLWithPath: "\(results.path)/\(file)"))) as? [String: Any])
    let device = try #require(record["device"] as? [String: Any])
    #expect(device["transport"] as? String == "ssh")
    #expect(device["privilege"] as? String == privilege)
    #expect(record["tier"] as? String == "T2")
    // The connection is closed, and nothing of the agent runs.
    let gone = try await eventually(within: .seconds(10)) {
      let left = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { entry in
        let line = (try? String(contentsOfFile: "/proc/\(entry)/cmdline", encoding: .utf8)) ?? ""
        return line.contains(peer.configuration)
      }
      return left.isEmpty
    }
    #expect(gone)
  }

  @Test func listAndDoctorTellOfTheBoard() async throws {
    let peer = try await SSHPeer.start()
    let share = try share(peer, user: "sudoer")
    let tool = Tool(share: share.path)
    let list = try await Tool(share: share.path, cache: share.path)
      .run("device", "list", "--timeout", "60s", "--format", "json")
    let rows = try JSONDecoder().decode([Listed].self, from: Data(list.output.utf8))
    let board = try #require(rows.first { $0.name == "board" }, "\(list.output)")
    #expect(board.transport == "ssh" && board.state == "device")
    #expect(board.privilege == "sudo" && board.tier == "T2")
    #expect(!board.kernel.isEmpty)
    let doctor = try await tool.run("doctor", "--device", "board", within: .seconds(240))
    #expect(doctor.exitCode == 0, "\(doctor.output)\(doctor.errors)")
    #expect(doctor.output.contains("T2"))
  }

  @Test func aSilentBoardDoesNotBlockTheList() async throws {
    let share = try TestShare()
    try share.write(
      """
      device: gone
      description: nobody is there
      kind: ssh
      address: 127.0.0.1:1
      """, to: "targets/devices/gone.yaml")
    let tool = Tool(share: share.path)
    // It refuses at once; this machine may take its time.
    let list = try await Tool(share: share.path, cache: share.path)
      .run("device", "list", "--timeout", "60s", "--format", "json")
    #expect(list.exitCode == 0)
    let rows = try JSONDecoder().decode([Listed].self, from: Data(list.output.utf8))
    #expect(rows.first { $0.name == "gone" }?.state == "unreachable")
    #expect(rows.first { $0.name == "local" }?.kernel.isEmpty == false)
    let doctor = try await tool.run("doctor", "--device", "gone")
    #expect(doctor.exitCode == 69)
    #expect(doctor.output.contains("start the board's ssh server"))
  }

  @Test func aFailedRunLeavesABugReport() async throws {
    let peer = try await SSHPeer.start()
    let share = try share(peer, user: "sudoer")
    try share.write(
      """
      workload: fatal
      description: kills the agent
      phases:
        - phase: kill
          steps:
            - shell: kill -KILL $(cut -d ' ' -f 4 /proc/$PPID/stat); sleep 5
      """, to: "targets/workloads/fatal.yaml")
    let results = try TemporaryDirectory()
    let tool = Tool(share: share.path)
    let made = try await tool.run(
      "run", "board", "--workload", "fatal", "--output", results.path, within: .seconds(240))
    #expect(made.exitCode == 69, "\(made.errors)")
    let directories = try FileManager.default.contentsOfDirectory(atPath: results.path)
    let directory = try #require(directories.first { $0.hasPrefix("bugreport-") }, "\(directories)")
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(results.path)/\(directory)")
    for file in ["failure.txt", "index.txt", "system.txt"] { #expect(files.contains(file)) }
    let refused = try await tool.run(
      "run", "board", "--workload", "fatal", "--output", "\(results.path)/none", "--no-bug-report",
      within: .seconds(240))
    #expect(refused.exitCode == 69)
    #expect(!FileManager.default.fileExists(atPath: "\(results.path)/none"))
  }

  @Test func aBugReportIsHadByHand() async throws {
    let peer = try await SSHPeer.start()
    let share = try share(peer, user: "root")
    let results = try TemporaryDirectory()
    let made = try await Tool(share: share.path).run(
      "device", "bugreport", "board", "--output", "\(results.path)/report")
    #expect(made.exitCode == 0, "\(made.errors)")
    #expect(made.output.contains("system.txt"))
  }

  /// A check of two firmwares on a board whose file says the rest.
  private func check(
    _ file: String, _ options: [String]
  ) async throws -> (made: Call.Result, records: Int) {
    let peer = try await SSHPeer.start()
    let share = try share(peer, user: "root")
    let device = "\(share.path)/targets/devices/board.yaml"
    let text = try String(contentsOfFile: device, encoding: .utf8)
    try share.write("\(text)\n\(file)\n", to: "targets/devices/board.yaml")
    let results = try TemporaryDirectory()
    let made = try await Tool(share: share.path).start(
      ["check", "board", "--runs", "1", "--most-runs", "1", "--output", results.path] + options
    ).end(within: .seconds(240))
    let records = try? FileManager.default.contentsOfDirectory(atPath: "\(results.path)/runs")
    return (made, records?.count ?? 0)
  }

  private static let goodAndBad = ["--reference", "good", "--candidate", "bad"]
  private static let idle = "commands: {flash: \"true\", reboot: \"true\"}"

  @Test func aFlashHookThatDoesNothingIsNoEvidence() async throws {
    let checked = try await check(Self.idle, Self.goodAndBad)
    #expect(checked.made.exitCode == 3, "\(checked.made.errors)")
    #expect(
      checked.made.errors.contains("nothing shows that candidate 'bad' is another firmware"),
      "\(checked.made.errors)")
    #expect(checked.made.errors.contains("kernel build-id '"), "\(checked.made.errors)")
    #expect(checked.records == 0, "nothing is measured first")
  }

  @Test func firmwaresThatCannotDifferAreRefusedAtOnce() async throws {
    let bare = try await check("reconnect: 30s", Self.goodAndBad)
    #expect(bare.made.exitCode == 64, "\(bare.made.errors)")
    #expect(bare.made.errors.contains("has no command that installs or selects one"))
    let unknown = try await check(
      "\(Self.idle)\nfirmwares: {good: one.img, bad: two.img}",
      ["--reference", "good", "--candidate", "bda"])
    #expect(unknown.made.exitCode == 64, "\(unknown.made.errors)")
    #expect(
      unknown.made.errors.contains("has no firmware 'bda' (did you mean 'bad'?)"),
      "\(unknown.made.errors)")
    #expect(bare.records == 0 && unknown.records == 0)
  }

  @Test func oneFirmwareAgainstItselfIsDeclaredByNameOrFlag() async throws {
    for options in [
      ["--reference", "good", "--candidate", "good"], Self.goodAndBad + ["--aa"],
    ] {
      let checked = try await check(Self.idle, options)
      // One run of each arm cannot decide.
      #expect(
        checked.made.exitCode == 2,
        "\(options): \(checked.made.output)\(checked.made.errors)")
      #expect(checked.records == 2)
    }
  }

  @Test func whatTheFileReadsOrExpectsTellsFirmwaresApart() async throws {
    let directory = try TemporaryDirectory()
    let installed = "\(directory.path)/build-id"
    let commands =
      "commands: {flash: \"echo $LATGATE_FIRMWARE > \(installed)\", reboot: \"true\"}\n"
    let read = try await check("\(commands)build_id: cat \(installed)", Self.goodAndBad)
    #expect(read.made.exitCode == 2, "\(read.made.errors)")
    #expect(read.records == 2)
    let expected = try await check(
      "\(Self.idle)\nfirmwares: {good: a, bad: {image: b, expect: build 77}}",
      ["--reference", "bad", "--candidate", "good"])
    #expect(expected.made.exitCode == 3, "\(expected.made.errors)")
    #expect(expected.made.errors.contains("it should show 'build 77'"), "\(expected.made.errors)")
    #expect(expected.records == 0)
  }
}
