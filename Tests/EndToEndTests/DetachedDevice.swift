import Foundation
import Testing
import VirtualDevices

/// A virtual device that outlives the calls of the tool.
struct DetachedDevice {
  let name: String
  let tool: Tool
  /// Whether no test used it before.
  var isFresh = true

  /// Boots a device, hands it to `work` and stops it, whatever happens. In a suite that
  /// ``Testing/Trait/keepsDevices`` it serves the next test, unless one fails.
  static func with(
    of definition: String = "virtual", firmware: String = "reference", tool: Tool = Tool(),
    _ work: (DetachedDevice) async throws -> Void
  ) async throws {
    let kind = KeptDevice.Kind(
      definition: definition, firmware: firmware, serverPort: tool.serverPort)
    try await Bench.shared.alone(keepsDevice: true) {
      let keeper = KeptDevice.current
      let kept = try await keeper?.take(kind, tool: tool)
      let device =
        if let kept { kept } else {
          try await booted(of: definition, firmware: firmware, tool: tool)
        }
      do {
        try await work(device)
      } catch {
        _ = try await tool.run("device", "stop", device.name)
        throw error
      }
      if let keeper {
        await keeper.keep(device, as: kind)
      } else {
        _ = try await tool.run("device", "stop", device.name)
      }
    }
  }

  private static func booted(
    of definition: String, firmware: String, tool: Tool
  ) async throws -> DetachedDevice {
    let device = DetachedDevice(name: "test-\(UUID().uuidString.prefix(8))", tool: tool)
    let boot = try await tool.run(
      "device", "boot", device.name, "--device", definition, "--firmware", firmware,
      within: .seconds(180))
    try #require(boot.exitCode == 0, "\(boot.errors)")
    return device
  }

  /// What a command of the device's shell printed; its exit code does not matter. The tool's own
  /// time limit holds unless there is another.
  func shell(_ command: String, within limit: Duration? = nil) async throws -> String {
    var words = ["device", "shell", name]
    if let limit { words += ["--timeout", "\(limit.components.seconds)s"] }
    let made = try await tool.start(words + ["--", command])
      .end(within: (limit ?? .seconds(100)) + .seconds(20))
    try #require(made.exitCode < 64, "'\(command)' did not reach the device: \(made.errors)")
    return made.output
  }

  private static let programs =
    "ls -l /proc/[0-9]*/exe 2>/dev/null | grep -o '[^/]*/latgate-[a-z]*$'"

  /// Our programs that run on the device.
  func programs() async throws -> String { try await shell(Self.programs) }

  /// Descriptors of BPF programs and links, and pins: what keeps a program attached.
  func attachments() async throws -> String {
    try await shell(
      "grep -l prog_id: /proc/[0-9]*/fdinfo/* 2>/dev/null; find /sys/fs/bpf -type f 2>/dev/null")
  }

  /// Settings that a probe could need or change.
  func settings() async throws -> String {
    try await shell(
      """
      cd /sys/kernel/tracing
      for file in tracing_on current_tracer events/enable kprobe_events uprobe_events \
      /proc/sys/kernel/bpf_stats_enabled /proc/sys/kernel/perf_event_paranoid \
      /proc/sys/kernel/kptr_restrict; do echo "$file: $(cat $file 2>&1)"; done
      """)
  }

  /// Everything that tracing could change or leave: settings of tracing, sysctls, processes with
  /// a command line, files in the shell's directory.
  func footprint() async throws -> String {
    try await shell(
      """
      cd /sys/kernel/tracing
      for file in tracing_on trace_clock current_tracer buffer_size_kb options/overwrite       trace_options per_cpu/*/buffer_size_kb events/*/*/enable; do
        read -r value < "$file" && echo "$file: $value"
      done
      for file in $(find /proc/sys/kernel /proc/sys/vm -type f ! -path '*/random/*'       ! -path '*/pty/*' ! -name ns_last_pid); do
        read -r value 2>/dev/null < "$file" && echo "$file: $value"
      done
      set --
      for process in /proc/[0-9]*; do
        [ "$process" = "/proc/$$" ] || set -- "$@" "$process/cmdline"
      done
      cat "$@" 2>/dev/null | tr '\\0' ' '
      echo
      ls -lR /data/local/tmp
      """,
      // Some two thousand files, read by an emulated CPU that a load keeps busy.
      within: .seconds(300))
  }

  /// Ids of the processes of a name, as in `/proc/PID/comm`.
  func processes(named name: String) async throws -> [String] {
    try await shell(
      """
      for process in /proc/[0-9]*; do
        read -r name 2>/dev/null < "$process/comm"
        [ "$name" = "\(name)" ] && echo "${process#/proc/}"
      done
      """
    ).split(whereSeparator: \.isWhitespace).map(String.init)
  }

  /// Waits until the load runs and programs are attached: the middle of a run.
  func isMeasuring(_ run: Call) async throws -> Bool {
    // It may boot first, beside machines of other tests.
    try await eventually(within: .seconds(240)) {
      try #require(run.isRunning, "the run ended too early: \(run.errorsSoFar)")
      // While it boots, or boots again, the tool may give it up.
      let made = try await tool.start(["device", "shell", name, "--", Self.programs])
        .end(within: .seconds(120))
      return made.output.contains("latgate-load")
    }
  }

  /// QEMU's process on this machine; nil when the device does not run.
  func processID() throws -> Int32? { try machine?.processID }

  /// Its port on 127.0.0.1 that leads to adbd.
  func port() throws -> UInt16 { try #require(try machine).state.port }

  /// What its files say. The tool's list asks each device, those of other tests as well, which may be
  /// looking at what runs on theirs.
  private var machine: VirtualMachine? {
    get throws {
      do {
        return try VirtualMachine.find(name)
      } catch VirtualDeviceError.notRunning {
        return nil
      }
    }
  }

  /// QEMU's processes by the names of the virtual devices, as the tool lists them.
  static func listed(by tool: Tool) async throws -> [String: Int32] {
    struct Row: Decodable {
      var name: String
      var processID: Int32?
    }
    let made = try await tool.run("device", "list", "--format", "json")
    try #require(made.exitCode == 0, "\(made.errors)")
    let rows = try JSONDecoder().decode([Row].self, from: Data(made.output.utf8))
    return Dictionary(rows.compactMap { row in row.processID.map { (row.name, $0) } }) { $1 }
  }
}
