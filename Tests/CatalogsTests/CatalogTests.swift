import Foundation
import RunRecords
import Testing

@testable import Catalogs

struct CatalogTests {
  private static let sound = [
    "bpf/runqueue.yaml": runqueueManifest,
    "bpf/runqueue.bpf.c": "",
    "targets/devices/virtual.yaml": """
    device: virtual
    kind: virtual
    firmwares:
      reference: {kernel: "6.1"}
      slow-disk: {kernel: "6.1"}
    """,
    "targets/workloads/smoke.yaml": """
    workload: smoke
    phases:
      - phase: ping-pong
        steps: [{run: "true"}]
    """,
    "targets/suites/demo.yaml": """
    suite: demo
    device: virtual
    workload: smoke
    probes: [runqueue]
    reference: reference
    candidate: slow-disk
    gates:
      metrics: ["runqueue.*{class=user}@ping*"]
    """,
  ]

  private func loadProblems(_ changes: [String: String?]) -> [String] {
    var texts = Self.sound
    for (path, text) in changes { texts[path] = text }
    return problems { () throws(CatalogError) in try Catalog.load([TestFiles(texts: texts)]) }
  }

  @Test func findsByName() throws {
    let catalog = try Catalog.load([TestFiles(texts: Self.sound)])
    #expect(try catalog.suite("demo").candidate == "slow-disk")
    #expect(try catalog.probe("runqueue").file == "bpf/runqueue.yaml")
    #expect(try catalog.device("virtual").kind == .virtual)
    #expect(try catalog.workload("smoke").phases.count == 1)
    let error = try #require(throws: UnknownNameError.self) { try catalog.suite("dmeo") }
    #expect(error.description == "there is no suite 'dmeo' (did you mean 'demo'?)")
    #expect(throws: UnknownNameError(kind: "probe", name: "x", known: ["runqueue"])) {
      try catalog.probe("x")
    }
  }

  @Test func danglingNamesAreReportedWithWhatIsKnown() {
    let suite = """
      suite: demo
      device: phone
      workload: smoek
      probes: [runqueue, zebra]
      """
    #expect(
      loadProblems(["targets/suites/demo.yaml": suite]) == [
        "targets/suites/demo.yaml:2:9: device: there is no device 'phone' (known: virtual)",
        "targets/suites/demo.yaml:3:11: workload: there is no workload 'smoek'"
          + " (did you mean 'smoke'?)",
        "targets/suites/demo.yaml:4:20: probes[1]: there is no probe 'zebra' (known: runqueue)",
      ])
  }

  @Test func firmwaresAndMetricsMustExist() {
    let suite = """
      suite: demo
      device: virtual
      workload: smoke
      probes: [runqueue]
      candidate: slow-dsik
      gates:
        metrics: ["runqueue.*", "block.*", "runqueue.wait@pingpong"]
        budgets: [{metric: "runqueue.wait{cpu=1}", budget: 5%}]
      """
    #expect(
      loadProblems(["targets/suites/demo.yaml": suite]) == [
        "targets/suites/demo.yaml:5:12: candidate: there is no firmware of device 'virtual'"
          + " 'slow-dsik' (did you mean 'slow-disk'?)",
        "targets/suites/demo.yaml:7:27: gates.metrics[1]: no metric of this suite matches"
          + " 'block.*' (known: runqueue.wait)",
        "targets/suites/demo.yaml:7:38: gates.metrics[2]: no metric of this suite matches"
          + " 'runqueue.wait@pingpong' (did you mean 'runqueue.wait'?; phases: ping-pong)",
        "targets/suites/demo.yaml:8:22: gates.budgets[0].metric: no metric of this suite matches"
          + " 'runqueue.wait{cpu=1}' (did you mean 'runqueue.wait'?)",
      ])
  }

  /// A deadline counts single operations: a pattern of none gates nothing.
  @Test func deadlinesAreForDurationsThatProbesMeasure() {
    let suite = """
      suite: demo
      device: virtual
      workload: smoke
      probes: [runqueue]
      gates:
        deadlines:
          - {metric: "runqueue.wait{class=workload}", deadline: 500us}
          - {metric: "runqueue.wiat", deadline: 500us}
          - {metric: "runqueue.wait{class=usr}@ping-pong", deadline: 500us}
          - {metric: "runqueue.wait", deadline: 500us, stacks: runqueue.wait}
      """
    #expect(
      loadProblems(["targets/suites/demo.yaml": suite]) == [
        "targets/suites/demo.yaml:8:16: gates.deadlines[1].metric: 'runqueue.wiat' has no durations"
          + " of single operations, which a deadline counts (did you mean 'runqueue.wait'?)",
        "targets/suites/demo.yaml:9:16: gates.deadlines[2].metric: no metric of this suite matches"
          + " 'runqueue.wait{class=usr}@ping-pong' (label 'class': did you mean 'user'?;"
          + " phases: ping-pong)",
        "targets/suites/demo.yaml:10:58: gates.deadlines[3].stacks: no probe of this suite has a"
          + " metric of stacks 'runqueue.wait' (add a probe of stacks, such as profile, to"
          + " 'probes')",
      ])
  }

  /// A gate that no label's value can meet would gate nothing, and a sentinel guard nothing.
  @Test func valuesOfLabelsAndSentinelsMustExist() {
    let suite = """
      suite: demo
      device: virtual
      workload: smoke
      probes: [runqueue]
      gates:
        metrics: ["runqueue.wait{class=usr}", "runqueue.wait{class=us*}"]
        sentinels: ["runqueue.wiat", "runqueue.wait{class=7}"]
        budgets: [{metric: "runqueue.*{class=worklod}", budget: 5%}]
      """
    #expect(
      loadProblems(["targets/suites/demo.yaml": suite]) == [
        "targets/suites/demo.yaml:6:13: gates.metrics[0]: no metric of this suite matches"
          + " 'runqueue.wait{class=usr}' (label 'class': did you mean 'user'?)",
        "targets/suites/demo.yaml:7:15: gates.sentinels[0]: no metric of this suite matches"
          + " 'runqueue.wiat' (did you mean 'runqueue.wait'?)",
        "targets/suites/demo.yaml:8:22: gates.budgets[0].metric: no metric of this suite matches"
          + " 'runqueue.*{class=worklod}' (label 'class': did you mean 'workload'?)",
      ])
  }

  /// Where the name cannot be read, the file's own is the one that a user asks for.
  @Test func aFileWhoseNameIsBrokenIsKnownByItsOwn() throws {
    var texts = Self.sound
    texts["targets/suites/torn.yaml"] = "suite: [torn\n"
    let catalog = try Catalog.loadSound([TestFiles(texts: texts)])
    let error = #expect(throws: CatalogError.self) { try catalog.suite("torn") }
    #expect(error?.problems.first?.description.hasPrefix("targets/suites/torn.yaml:") == true)
    #expect(throws: UnknownNameError.self) { try catalog.suite("tron") }
  }

  @Test func thisMachineChangesNoFirmware() {
    let device = """
      device: bench
      kind: local
      hooks: {flash: ./flash.sh}
      """
    let found = loadProblems(["targets/devices/bench.yaml": device])
    #expect(found.contains { $0.contains("cannot change its own firmware") }, "\(found)")
  }

  @Test func aBrokenFileDoesNotMakeItsNameUnknown() {
    #expect(
      loadProblems(["targets/devices/virtual.yaml": "device: virtual\nkind: magic\n"]) == [
        "targets/devices/virtual.yaml:2:7: kind: 'magic' is not known here"
          + " (allowed: virtual, adb, local, ssh)"
      ])
  }

  @Test func aNameIsUsedOnce() {
    #expect(
      loadProblems([
        "targets/workloads/zz.yaml": """
        workload: smoke
        phases: [{phase: a, steps: [{sleep: 1s}]}]
        """
      ]) == [
        "targets/workloads/zz.yaml:1:11: workload: 'smoke' is already the name of"
          + " targets/workloads/smoke.yaml (rename one of them)"
      ])
  }

  @Test func missingFiles() {
    #expect(
      loadProblems(["bpf/runqueue.bpf.c": nil]) == [
        "bpf/runqueue.yaml:4:9: object: there is no file 'runqueue.bpf.c' beside the manifest"
          + " (correct the name, or add the source)"
      ])
    #expect(
      loadProblems(["bpf/runqueue.yaml": runqueueManifest + "\nrelated: [softirqs]"]) == [
        "bpf/runqueue.yaml:17:10: related: there is no probe 'softirqs'"
          + " (name probes of the same directory, or of those read before it)"
      ])
    #expect(
      loadProblems(["targets/devices/virtual.yaml": nil]) == [
        "targets/devices: there is no such directory"
          + " (point --share or LATGATE_SHARE at the directory that holds bpf and targets)"
      ])
    let files = TestFiles(texts: Self.sound, unreadable: ["targets/suites/x.yaml"])
    #expect(
      problems { () throws(CatalogError) in try Catalog.load([files]) } == [
        "targets/suites/x.yaml: cannot be read as text"
          + " (check its permissions, and that it is UTF-8)"
      ])
  }

  @Test func furtherRootsMayLeaveDirectoriesOut() throws {
    let more = TestFiles(texts: [
      "targets/suites/mine.yaml":
        "suite: mine\ndevice: virtual\nworkload: smoke\nprobes: [runqueue]\n"
    ])
    let catalog = try Catalog.load([TestFiles(texts: Self.sound), more])
    #expect(catalog.suites.keys.sorted() == ["demo", "mine"])
  }

  @Test func readsAPool() throws {
    let text = """
      pool: rack1
      jobs: 2
      devices:
        - virtual
        - tcp:127.0.0.1:7001
        - virtual
        - {name: left, device: phone, serial: usb:1-2.3}
        - {device: phone, serial: ABC}
      """
    var texts = Self.sound
    texts["targets/devices/phone.yaml"] = "device: phone\nkind: adb\n"
    texts["targets/pools/rack1.yaml"] = text
    let pool = try Catalog.load([TestFiles(texts: texts)]).pool("rack1")
    #expect(pool.jobs == 2)
    #expect(
      pool.members == [
        .init(name: "virtual", device: "virtual"),
        .init(name: "tcp-127.0.0.1-7001", device: "tcp:127.0.0.1:7001"),
        .init(name: "virtual-2", device: "virtual"),
        .init(name: "left", device: "phone@usb:1-2.3"),
        .init(name: "phone-ABC", device: "phone@ABC"),
      ])
    #expect(PoolDefinition(devices: ["../x", "../x"]).members.map(\.name) == ["x", "x-2"])
  }

  @Test func wrongPoolsAreReported() {
    #expect(
      loadProblems([
        "targets/pools/r.yaml": """
        pool: r
        devises: []
        """,
        "targets/pools/s.yaml": """
        pool: s
        jobs: 0
        devices:
          - {name: a, device: virtaul}
          - {name: a, device: virtual, serial: x}
          - {serial: x}
          - virtual@tcp:h:0
          - {device: virtual, serial: "ssh:h:70000"}
        """,
      ]) == [
        "targets/pools/r.yaml:1:1: devices: missing (list the devices, such as '- board-a')",
        "targets/pools/r.yaml:2:1: devises: unknown key 'devises' (did you mean 'devices'?)",
        "targets/pools/s.yaml:2:7: jobs: '0' is not a whole number from 1 to 64"
          + " (write a whole number from 1 to 64)",
        "targets/pools/s.yaml:4:23: devices[0].device: there is no device 'virtaul'"
          + " (did you mean 'virtual'?)",
        "targets/pools/s.yaml:5:5: devices[1]: 'a' is the name of two devices (rename one of them)",
        "targets/pools/s.yaml:5:40: devices[1].serial: only a device behind adb has a serial"
          + " (remove it)",
        "targets/pools/s.yaml:6:5: devices[2].device: missing (name the device file)",
        "targets/pools/s.yaml:7:5: devices[3]: 'tcp:h:0' is no address of a device (write a serial"
          + " number, usb:SERIAL, usb:PATH or tcp:HOST[:PORT]; ports are from 1 to 65535)",
        "targets/pools/s.yaml:8:31: devices[4].serial: 'ssh:h:70000' is no address of a device"
          + " (write a serial number, usb:SERIAL, usb:PATH or tcp:HOST[:PORT]; ports are from 1 to"
          + " 65535)",
      ])
  }

  /// The files that latgate ships, read from the repository's root.
  @Test func theShippedCatalogueIsSound() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let catalog = try Catalog.load(root: root.path)
    #expect(Set(catalog.suites.keys).isSuperset(of: ["demo", "e2e", "local", "smoke", "user"]))
    #expect(try catalog.device("virtual").firmwares["slow-disk"] != nil)
    let names = try catalog.workload("storage-and-sched").phases.map(\.name)
    #expect(names.contains("fsync-f2fs"))
  }

  /// A bench that drifts shows in a metric that no firmware moves.
  @Test(arguments: ["defects", "demo", "smoke", "user"])
  func shippedSuitesHaveASentinelThatTheirWorkloadMeasures(_ name: String) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let catalog = try Catalog.load(root: root.path)
    let suite = try catalog.suite(name)
    let scalars = try catalog.workload(suite.workload).phases
      .flatMap { $0.steps.flatMap { $0.scalars.map(\.metric) } }
    #expect(scalars.contains("sentinel.spin"))
    #expect(
      suite.sentinels.contains { pattern in
        pattern.globs.contains { glob($0, matches: "sentinel.spin") }
      })
  }
}
