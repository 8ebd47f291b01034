import Foundation
import Testing

/// One clear error each, and the documented exit code. No device is needed.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct BadInputTests {
  /// A copy of the catalogue that a test may damage.
  private func damagedShare(in directory: String, _ damage: (String) throws -> Void) throws -> Tool
  {
    for part in ["bpf", "targets", "Sources"] {
      try FileManager.default.copyItem(
        atPath: "\(Tool.repository)/\(part)", toPath: "\(directory)/\(part)")
    }
    try damage(directory)
    return Tool(share: directory)
  }

  @Test func brokenYAMLNamesFileAndLine() async throws {
    let directory = try TemporaryDirectory()
    let tool = try damagedShare(in: directory.path) { share in
      try "suite: broken\nprobes: [runqueue\n"
        .write(toFile: "\(share)/targets/suites/broken.yaml", atomically: true, encoding: .utf8)
    }
    for command in [["check", "broken"], ["validate"]] {
      let made = try await tool.start(command).end(within: .seconds(60))
      #expect(made.exitCode == 65, "\(command): \(made.errors)")
      #expect(made.errors.contains("targets/suites/broken.yaml:"), "\(made.errors)")
      #expect(made.output.isEmpty)
    }
    // What does not need the file continues without it, and says so; no run is made for a plan.
    let plan = try await tool.run("check", "demo", "--plan")
    #expect(plan.exitCode == 0, "\(plan.errors)")
    #expect(plan.output.hasPrefix("plan: 8 + 8 runs in turn"), "\(plan.output)")
    #expect(plan.errors.contains("targets/suites/broken.yaml is broken and left out"))
    var alone = tool
    alone.cache = directory.path
    let doctor = try await alone.run("doctor", "--format", "json")
    #expect(doctor.output.contains("\"BROKEN\"") && doctor.exitCode != 0, "\(doctor.output)")
  }

  @Test func anAddressThatIsNoneIsWrongUsage() async throws {
    let made = try await Tool().run("device", "reverse", "nowhere", "tcp:0", "7000")
    #expect(made.exitCode == 64)
    #expect(made.errors.contains("'7000' is no tcp:PORT, tcp:HOST:PORT"), "\(made.errors)")
  }

  @Test func filesAreValidatedBesideTheCatalogue() async throws {
    let directory = try TemporaryDirectory()
    let good = "\(directory.path)/good.yaml"
    let bad = "\(directory.path)/bad.yaml"
    let text = "suite: mine\ndevice: virtual\nworkload: smoke\nprobes: [runqueue]\n"
    try text.write(toFile: good, atomically: true, encoding: .utf8)
    try text.replacing("runqueue", with: "runqeue")
      .write(toFile: bad, atomically: true, encoding: .utf8)
    let both = try await Tool().run("validate", good, bad)
    #expect(both.exitCode == 65)
    #expect(
      both.errors.contains("there is no probe 'runqeue'") && both.errors.contains("\(bad):4:"),
      "\(both.errors)")
    #expect(!both.errors.contains(good))
    let known = "\(Tool.repository)/targets/suites/demo.yaml"
    let sound = try await Tool().run("validate", good, known)
    #expect(sound.exitCode == 0, "\(sound.errors)")
    #expect(try await Tool().run("validate", "\(directory.path)/none.yaml").exitCode == 65)
    #expect(try await Tool().run("validate").exitCode == 0)
  }

  /// Aliases that multiply, as a key that Yams would compare: an answer at once, with its advice.
  @Test func aliasesThatMultiplyAreRefusedWithTheirPlace() async throws {
    let directory = try TemporaryDirectory()
    let file = "\(directory.path)/multiplied.yaml"
    var text = "device: mine\nkind: adb\na: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for (below, name) in zip("abcdefghijk", "bcdefghijkl") {
      text +=
        "\(name): &\(name) [\(Array(repeating: "*\(below)", count: 10).joined(separator: ","))]\n"
    }
    try (text + "? *l\n: 1\n").write(toFile: file, atomically: true, encoding: .utf8)
    let made = try await Tool().run("validate", file)
    #expect(made.exitCode == 65)
    #expect(made.errors.contains("where: \(file):7:35"), "\(made.errors)")
    #expect(made.errors.contains("try: write out what is needed"), "\(made.errors)")
  }

  @Test func aPlaceThatCannotTakeResultsIsRefusedBeforeAnythingIsMeasured() async throws {
    let directory = try TemporaryDirectory()
    let file = "\(directory.path)/file"
    try "".write(toFile: file, atomically: true, encoding: .utf8)
    for command in [
      ["run", "smoke", "--device", "local", "--output", "\(file)/inside"],
      ["run", "smoke", "--device", "local", "--output", "\(directory.path)/none/run"],
      ["check", "demo", "--output", "\(file)/inside"],
      ["calibrate", "demo", "--output", "\(file)/inside"],
      ["calibrate", "demo", "--report", "json=\(file)/r.json"],
      ["run", "smoke", "--device", "local", "--output", ""],
      ["check", "demo", "--output", ""],
      ["export", directory.path, "--as", "otlp", "--output", "/dev/null"],
      ["fold", file, "--output", directory.path],
      ["fold", file, "--output", "\(directory.path)/none/r.json"],
      ["import", file, "--output", "\(directory.path)/none/r.json"],
      ["export", directory.path, "--as", "otlp", "--output", "\(directory.path)/none/r.json"],
      ["compare", "--experiment", directory.path, "--learn", "\(directory.path)/none/r.json"],
      ["preflight", "--btf", file, "--report", "json=\(file)/r.json"],
      ["history", "--all", "--report", "json=\(file)/r.json"],
      ["device", "bugreport", "local", "--output", "\(file)/inside"],
    ] {
      let made = try await Tool().start(command).end(within: .seconds(60))
      #expect(made.exitCode == 64, "\(command): \(made.errors)")
      #expect(made.errors.contains("nothing can be kept in"), "\(made.errors)")
      #expect(!made.errors.contains("settle"), "\(made.errors)")
    }
  }

  @Test func unknownKeyIsRefusedWithTheNearestName() async throws {
    let directory = try TemporaryDirectory()
    let tool = try damagedShare(in: directory.path) { share in
      let path = "\(share)/targets/suites/smoke.yaml"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try text.replacing("iterations:", with: "iteratons:", maxReplacements: 1)
        .write(toFile: path, atomically: true, encoding: .utf8)
    }
    let made = try await tool.run("run", "smoke")
    #expect(made.exitCode == 65)
    #expect(made.errors.contains("iteratons"))
    #expect(made.errors.contains("iterations"))
  }

  @Test func unknownProbeListsTheKnown() async throws {
    let made = try await Tool().run("build", "--probe", "nope")
    #expect(made.exitCode == 64)
    #expect(made.errors.contains("nope"))
    #expect(made.errors.contains("runqueue"))
  }

  @Test func unknownSuiteListsTheKnown() async throws {
    let made = try await Tool().run("check", "nope")
    #expect(made.exitCode == 64)
    #expect(made.errors.contains("demo"))
  }

  @Test(arguments: ["", "garbage", "{\"schema\": \"latgate.run/1\"", "{}", "[1, 2]"])
  func garbageRecordNamesTheFile(text: String) async throws {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/record.json"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    let made = try await Tool().run("compare", "--reference", path, "--candidate", path)
    #expect(made.exitCode == 65)
    #expect(made.errors.contains("record.json"))
  }

  @Test func missingRecordNamesTheFile() async throws {
    let made = try await Tool().run(
      "compare", "--reference", "/nowhere/a.json", "--candidate", "/nowhere/b.json")
    #expect(made.exitCode == 65)
    #expect(made.errors.contains("/nowhere/a.json"))
  }

  @Test func aProbeThatDoesNotCompileShowsTheCompilersWords() async throws {
    let directory = try TemporaryDirectory()
    let tool = try damagedShare(in: directory.path) { share in
      let path = "\(share)/bpf/runqueue.bpf.c"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      try (text + "\nint broken(\n").write(toFile: path, atomically: true, encoding: .utf8)
    }
    let made = try await tool.run("build", "--abi", "x86_64", "--probe", "runqueue")
    #expect(made.exitCode == 65)
    #expect(made.errors.contains("runqueue.bpf.c:"))
  }

  @Test func anUnreachableDeviceIsUnavailable() async throws {
    let made = try await Tool().run("run", "smoke", "--device", "no-such-serial")
    #expect(made.exitCode == 69)
    #expect(made.errors.contains("no-such-serial"))
  }

  @Test func wrongOptionsAreUsageErrors() async throws {
    #expect(try await Tool().run("check", "--nonsense").exitCode == 64)
    #expect(try await Tool().run("frobnicate").exitCode == 64)
  }

  @Test(arguments: [
    (["device", "boot", "a b"], Int32(64), "letters, digits"),
    (["device", "boot", "x", "--port", "5560"], 64, "5555 to 5585"),
    (["device", "stop", "nobody"], 64, "running virtual device 'nobody'"),
    (["device", "push", "local", "/no/such", "/tmp/x"], 65, "/no/such"),
    (["device", "shell", "virtul", "--", "true"], 64, "did you mean 'virtual'?"),
    (["device", "shell", "virtual", "--", "true"], 64, "latgate device boot NAME"),
    (["device", "shell", "virtual@tcp:h:1", "--", "true"], 64, "name it 'virtual'"),
    (["device", "shell", "adbb@tcp:h:1", "--", "true"], 64, "did you mean 'adb'?"),
    (["device", "wait", "x", "--timeout", "10"], 64, "such as 2m"),
    (["run", "smoke", "--device", "locl"], 64, "did you mean 'local'?"),
    (["check", "smoke", "--device", "virtul"], 64, "did you mean 'virtual'?"),
    (["check", "smoke", "--device", "no-such-serial"], 69, "no-such-serial"),
    (["probes", "--device", "adb@"], 64, "no address after the '@'"),
    (["run", "--for", "1s"], 64, "--for needs --probe"),
    (["run", "smoke", "--iterations", "9223372036854775807"], 64, "takes 1 to 1000"),
    (["check", "smoke", "--iterations", "9223372036854775807"], 64, "takes 1 to 1000"),
    (["check", "smoke", "--runs", "9223372036854775807"], 64, "--runs takes 1 to 200"),
    (["check", "smoke", "--runs", "3", "--most-runs", "501"], 64, "--most-runs takes 3 to 500"),
    (["calibrate", "smoke", "--runs", "9223372036854775806"], 64, "from 2 to 400"),
    (["check", "--resume", "/no/such", "--baseline", "x"], 64, "give --time-budget alone"),
    (["check", "--resume", "/no/such", "--tier", "T0"], 64, "give --time-budget alone"),
    (["check", "--resume", "/no/such", "--lanes", "1"], 64, "give --time-budget alone"),
    (["check", "--resume", "/no/such", "--allow-mixed"], 64, "give --time-budget alone"),
    (["run", "smoke", "--for", "1s", "--probe", "fsync"], 64, "without a suite"),
    (["run", "--comm", "a"], 64, "go with --for"),
    (["run", "--probe", "fsync", "--for", "1s", "--comm", "a", "--pid", "1"], 64, "give one of"),
    (["run", "--probe", "fsync", "--for", "1s", "--comm", "sixteen-and-more"], 64, "1 to 15"),
    (["run", "--probe", "fsync", "--for", "1s", "--cgroup", "app"], 64, "/sys/fs/cgroup"),
    (["run", "--probe", "block", "--for", "1s", "--pid", "1"], 64, "no task begins"),
    (["waive", "fsnc*", "--until", "2999-12-31", "--reason", "x"], 64, "did you mean 'fsync"),
    (["waive", "fsync.latency", "--until", "2999-12-31", "--reason", "x"], 64, "fsync.latency*"),
    (["runs", "list", "--store", "/no/such/store.sqlite"], 65, "/no/such"),
    (
      ["waive", "fsync.*", "--until", "2999-12-31", "--reason", "x", "--store", "/no/such/s"], 65,
      "/no/such"
    ),
    (["device", "shell", "tcp:127.0.0.1:99999", "--", "true"], 64, "a port of 1 to 65535"),
    (["device", "bugreport", "ssh:board:0"], 64, "a port of 1 to 65535"),
    (["device", "shell", "/no/board.yaml", "--", "true"], 64, "this is a path"),
    (["fold", "x", "--from", "20ms", "--to", "10ms"], 64, "--from must be before --to"),
    (["fold", "/tmp"], 65, "is a directory"),
    (["preflight", "--btf", "/dev/null", "--btf-build-id", "zz"], 64, "'zz' is no build-id"),
    (["import", "x", "--metric", "bad name!"], 64, "is no name"),
    (["runs", "list", "--store", "/tmp"], 65, "it is a directory"),
    (["device", "wait", "local"], 64, "Usage: latgate device wait"),
    (["waive", "a.b", "--until", "2020-01-01", "--reason", "x"], 64, "Usage: latgate waive"),
    (
      ["waive", "runqueue.wait{class=usr}*", "--until", "2999-12-31", "--reason", "x"], 64,
      "did you mean 'runqueue.wait{class=user}*'?"
    ),
    (
      ["waive", "runqueue.wait{clas=user}*", "--until", "2999-12-31", "--reason", "x"], 64,
      "did you mean 'runqueue.wait{class=user}*'?"
    ),
    (["runs", "delete"], 64, "name runs"),
    (["runs", "show", "x", "--record", "--format", "json"], 64, "--record prints"),
    (["build", "--all", "--abi", "arm64"], 64, "--all is every ABI"),
    (["measure", "--list", "softirq", "--save", "x"], 64, "--list measures nothing"),
    (["measure", "vfs_read", "--list", "softirq"], 64, "--list measures nothing"),
    (["run", "smoke", "--jobs", "2"], 64, "--jobs goes with --pool"),
    (["check", "demo", "--force"], 64, "--force goes with --time-budget"),
    (["export", "--serve", "0", "--as", "otlp"], 64, "give --as and --output, or --serve"),
    (["export", "x", "--last", "4", "--serve", "0"], 64, "files are named, or runs"),
    (["check", "demo", "--plan", "--format", "json"], 64, "--plan is printed as text"),
    (["check", "demo", "--plan", "--pool", "x"], 64, "--plan is of one device"),
    (["check", "demo", "--plan", "--device", "a", "--device", "b"], 64, "--plan is of one device"),
    (
      ["campaign", "create", "x", "--probe", "fsync", "--out", "x", "--cpu", "1e300"], 64,
      "--cpu and --battery must be"
    ),
    (["probes", "--check"], 64, "give --device"),
    (["probes", "--tier", "T0"], 64, "give --device"),
    (["probes", "--source", "fsync", "--format", "json"], 64, "--source prints a program"),
    (["probes", "show", "fsync", "--tier", "T1"], 64, "give --device"),
    (["device", "image", "6.1", "--all"], 64, "--all is every kernel"),
    (
      ["device", "image", "5.10-armmp", "--debug-package", "--btf-build-id", "ab"], 64,
      "--btf-build-id needs --btf"
    ),
    (["export", "x", "--as", "otlp"], 64, "give --as and --output, or --serve"),
    (["calibrate", "--from", "x", "--runs", "8"], 64, "--from makes no runs"),
    (["run", "--probe", "fsync", "--for", "10ms", "--unit", "ms"], 64, "--unit"),
    (["measure", "vfs_read", "--returns", "ret-sites"], 64, "--returns needs a program"),
    (["runs", "clean", "/no/such", "--older-than", "30d"], 65, "/no/such"),
  ])
  func usageFilesAndDevicesHaveTheirOwnCodes(
    words: [String], code: Int32, says: String
  ) async throws {
    let made = try await Tool().start(words).end(within: .seconds(60))
    #expect(made.exitCode == code, "\(made.errors)")
    #expect(made.errors.contains(says), "\(made.errors)")
    // Only a device that is away is the rack's.
    #expect(made.errors.contains("owner:") == (code == 69), "\(made.errors)")
  }

  /// A suite whose gate can match nothing fails before any device is asked.
  @Test func aGateThatMatchesNothingIsTheFilesFault() async throws {
    let share = try TestShare()
    try share.write(
      """
      suite: vain
      device: local
      workload: smoke
      probes: [runqueue]
      gates: {metrics: ["runqueue.wait{class=usr}"], sentinels: ["nosuch.spin"]}
      """, to: "targets/suites/vain.yaml")
    let tool = Tool(share: share.path)
    for command in [["validate"], ["check", "vain", "--plan"]] {
      let made = try await tool.start(command).end(within: .seconds(60))
      #expect(made.exitCode == 65, "\(command): \(made.errors)")
      #expect(made.errors.contains("did you mean 'user'?"), "\(made.errors)")
      #expect(made.errors.contains("'nosuch.spin'"), "\(made.errors)")
    }
  }

  @Test func doctorKnowsWhatThisMachineLacksFromDevices() async throws {
    let directory = try TemporaryDirectory()
    let made = try await Call(
      "/usr/bin/env",
      [
        "PATH=\(directory.path)", "\(Tool.repository)/.build/debug/latgate", "doctor", "--share",
        Tool.repository,
      ], environment: ["HOME": directory.path]
    ).end(within: .seconds(60))
    #expect(made.exitCode == 70, "\(made.output)\(made.errors)")
    #expect(made.output.contains("MISSING"), "\(made.output)")
  }

  /// As of a service or a container: what else is there, or missing, is told all the same.
  @Test func doctorTellsWhatItFoundWithoutAHome() async throws {
    let made = try await Call(
      "/usr/bin/env",
      [
        "-u", "HOME", "-u", "XDG_CACHE_HOME", "-u", "XDG_STATE_HOME",
        "\(Tool.repository)/.build/debug/latgate", "doctor", "--share", Tool.repository,
      ], environment: [:]
    ).end(within: .seconds(60))
    #expect(made.exitCode == 70, "\(made.output)\(made.errors)")
    #expect(made.output.contains("qemu-system-aarch64"), "\(made.output)\(made.errors)")
    #expect(made.output.contains("set HOME or XDG_CACHE_HOME"), "\(made.output)")
  }

  /// Nothing boots that could not be reached.
  @Test func aDeviceThatADBCannotReachIsNotBooted() async throws {
    let made = try await Call(
      "\(Tool.repository)/.build/debug/latgate", ["device", "boot", "unreached"],
      environment: ["LATGATE_SHARE": Tool.repository, "ANDROID_ADB_SERVER_PORT": "none"]
    ).end(within: .seconds(60))
    #expect(made.exitCode != 0)
    #expect(!made.errors.contains("adbd answers"), "\(made.errors)")
    let stopped = try await Tool().run("device", "stop", "unreached")
    #expect(stopped.exitCode == 64, "\(stopped.errors)")
  }

  @Test func aMissingFileIsNamedWithItsNeighbour() async throws {
    let directory = try TemporaryDirectory()
    try "x".write(toFile: "\(directory.path)/firmware.img", atomically: true, encoding: .utf8)
    let made = try await Tool().run(
      "device", "push", "local", "\(directory.path)/firmwre.img", "/tmp/x")
    #expect(made.exitCode == 65)
    #expect(
      made.errors.contains("did you mean '\(directory.path)/firmware.img'?"), "\(made.errors)")
  }

  @Test func aKernelThatNoVirtualDeviceHasIsTheFilesFault() async throws {
    let share = try TestShare()
    try share.edit("targets/devices/virtual-user.yaml", "kernel: \"6.1\"", "kernel: \"7.0\"")
    let made = try await Tool(share: share.path).run(
      "device", "boot", "x", "--device", "virtual-user")
    #expect(made.exitCode == 65, "\(made.errors)")
    #expect(made.errors.contains("no virtual device has kernel '7.0'"))
    #expect(made.errors.contains("virtual-user.yaml:10:13, field firmwares.reference.kernel"))
  }

  @Test(arguments: ["probes", "run"])
  func everyCommandUsesTheTypesOfTheDeviceFile(command: String) async throws {
    let share = try TestShare()
    try share.write(
      "device: typed\nkind: local\nbtf: {file: lost.btf}\n", to: "targets/devices/typed.yaml")
    let made = try await Tool(share: share.path).run(
      command, "--probe", "fsync", "--device", "typed", within: .seconds(300))
    #expect(made.exitCode == 65, "\(made.errors)")
    #expect(made.errors.contains("\(share.path)/targets/devices/lost.btf"), "\(made.errors)")
  }

  @Test func withoutAHomeTheUserIsAskedForOne() async throws {
    let made = try await Call(
      "/usr/bin/env",
      [
        "-u", "HOME", "-u", "XDG_CACHE_HOME", "\(Tool.repository)/.build/debug/latgate", "device",
        "list",
      ],
      environment: [:]
    ).end(within: .seconds(60))
    #expect(made.exitCode == 64)
    #expect(made.errors.contains("set HOME or XDG_CACHE_HOME"), "\(made.errors)")
  }

  @Test func anUnknownUnitIsRefused() async throws {
    let share = try TestShare()
    try share.edit(
      "targets/workloads/smoke.yaml", "unit: ns, pattern: '^p50", "unit: parsec, pattern: '^p50")
    let made = try await Tool(share: share.path).run("validate")
    #expect(made.exitCode == 65)
    #expect(made.errors.contains("'parsec' is no unit"), "\(made.errors)")
    #expect(made.errors.contains("smoke.yaml:"), "\(made.errors)")
  }

  @Test func nothingIsShortenedInAPipe() async throws {
    let directory = try TemporaryDirectory()
    let made = try await Tool(cache: directory.path).run("device", "list", "--timeout", "60s")
    #expect(made.exitCode == 0)
    let release = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(made.output.contains(" \(release) "), "\(made.output)")
    #expect(!made.output.contains("…"))
  }
}
