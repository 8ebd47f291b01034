import Devices
import Foundation
import Testing

@testable import Experiments

/// The shell's side of a recording, run by this machine's shell, with a stand-in for perfetto that
/// goes wrong in the ways that a real one cannot be made to.
@Suite struct PerfettoRecorderTests {
  /// This machine with one more directory of programs.
  struct ProgramDevice: Device {
    let local = LocalDevice()
    let programs: String
    var name: String { local.name }

    func exec(_ command: String, timeout: Duration) async throws -> ExecResult {
      try await local.exec(inPath(command), timeout: timeout)
    }
    func stream(_ command: String) async throws -> any DeviceStream {
      try await local.stream(inPath(command))
    }
    private func inPath(_ command: String) -> String {
      "PATH=\(shellQuote(programs)):/usr/bin:/bin\n\(command)"
    }
    func push(_ localPath: String, to remotePath: String, mode: UInt32) async throws {
      try await local.push(localPath, to: remotePath, mode: mode)
    }
    func pull(_ remotePath: String, to localPath: String) async throws {
      try await local.pull(remotePath, to: localPath)
    }
    func identify() async throws -> DeviceIdentity { try await local.identify() }
    func reboot() async throws { try await local.reboot() }
    func waitUntilReady(timeout: Duration) async throws {
      try await local.waitUntilReady(timeout: timeout)
    }
  }

  private static let config = PerfettoConfig(
    events: ["sched/sched_switch"], limit: .seconds(30), freeKiB: 0)

  /// Gives `body` a device with `script` as its perfetto, and the file that the script calls
  /// `$place/out` for what it was asked to write.
  private func with(
    _ script: String?, _ body: (ProgramDevice, String) async throws -> Void
  ) async throws {
    let place = NSTemporaryDirectory() + "latgate-perfetto-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: place) }
    if let script {
      let path = "\(place)/perfetto"
      let text = "#!/bin/sh\nplace=\(place)\nfile=$5\n\(script)\n"
      // Copied by another process: a program that another test forks while it is open for writing
      // here could not be executed ("Text file busy").
      try text.write(toFile: "\(path).text", atomically: true, encoding: .utf8)
      let copy = try Process.run(
        URL(fileURLWithPath: "/usr/bin/install"),
        arguments: ["-m", "755", "\(path).text", path])
      copy.waitUntilExit()
    }
    try await body(ProgramDevice(programs: place), place)
  }

  /// Runs in the background until it is interrupted, as with `--background-wait`, and writes
  /// so many bytes then.
  private static func recording(bytes: Int) -> String {
    // A shell's background child would ignore the signal.
    let program = """
      os, signal, sys, time = map(__import__, ["os", "signal", "sys", "time"])
      if os.fork():
          sys.exit()
      os.setsid()
      trace = open(sys.argv[1], "w")
      def end(*_):
          trace.write("t" * \(bytes))
          trace.close()
          os._exit(0)
      signal.signal(signal.SIGINT, end)
      print(os.getpid(), flush=True)
      os.dup2(os.open(os.devnull, os.O_RDWR), 1)
      time.sleep(600)
      """
    return """
      cat >"$place/config"
      echo "$file" >"$place/out"
      exec python3 -c \(shellQuote(program)) "$file"
      """
  }

  private func written(_ place: String) throws -> String {
    try String(contentsOfFile: "\(place)/out", encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test func aTraceArrivesAndItsFileIsGone() async throws {
    try await with(Self.recording(bytes: 6)) { device, place in
      let recording = try await PerfettoRecorder(device: device).start(Self.config)
      let file = try written(place)
      #expect(FileManager.default.fileExists(atPath: file))
      #expect(String(decoding: try await recording.stop(), as: UTF8.self) == "tttttt")
      #expect(!FileManager.default.fileExists(atPath: file))
      let config = try String(contentsOfFile: "\(place)/config", encoding: .utf8)
      #expect(config == Self.config.text)
    }
  }

  @Test func aHostThatGivesUpLeavesNothing() async throws {
    try await with(Self.recording(bytes: 6)) { device, place in
      let recording = try await PerfettoRecorder(device: device).start(Self.config)
      let file = try written(place)
      await recording.cancel()
      #expect(!FileManager.default.fileExists(atPath: file))
    }
  }

  @Test func aDeviceWithoutPerfettoSaysSo() async throws {
    try await with(nil) { device, _ in
      await #expect(throws: PerfettoError.absent) {
        try await PerfettoRecorder(device: device).start(Self.config)
      }
    }
  }

  @Test func whatPerfettoSaysIsReported() async throws {
    try await with("echo 'the service refuses' >&2; exit 1") { device, _ in
      await #expect(throws: PerfettoError.notStarted("the service refuses")) {
        try await PerfettoRecorder(device: device).start(Self.config)
      }
    }
  }

  /// One session records: field 4 of the service's state.
  @Test func theServiceIsAsked() async throws {
    try await with("[ \"$1\" = --query-raw ] && printf '\\040\\001'") { device, _ in
      let state = try await PerfettoService.state(of: device)
      #expect(state.recording == 1)
      let answers = try await PerfettoService.answers(on: device)
      #expect(answers)
    }
  }

  /// A program whose service does not run, or says something else, gives no traces.
  @Test(arguments: ["echo 'traced is not there' >&2; exit 1", "printf '\\377\\377'"])
  func aServiceThatDoesNotAnswerIsNone(script: String) async throws {
    try await with(script) { device, _ in
      let answers = try await PerfettoService.answers(on: device)
      #expect(!answers)
    }
    try await with(nil) { device, _ in
      await #expect(throws: PerfettoError.absent) { try await PerfettoService.state(of: device) }
      let answers = try await PerfettoService.answers(on: device)
      #expect(!answers)
    }
  }

  @Test func anEmptyTraceIsCutOff() async throws {
    try await with(Self.recording(bytes: 0)) { device, _ in
      let recording = try await PerfettoRecorder(device: device).start(Self.config)
      await #expect(throws: PerfettoError.self) { try await recording.stop() }
    }
  }

  @Test func aTraceOverTheLimitIsNotTaken() async throws {
    try await with(Self.recording(bytes: 20_000_000)) { device, _ in
      let recording = try await PerfettoRecorder(device: device).start(Self.config)
      await #expect(throws: PerfettoError.self) { try await recording.stop() }
    }
  }

  @Test func theConfigurationIsBounded() {
    let text = PerfettoConfig(
      events: ["a/b", "c/d"], limit: .seconds(90), freeKiB: 100 << 20
    ).text
    #expect(text.contains("size_kb: 65536 fill_policy: DISCARD"))
    #expect(text.contains("ftrace_events: \"a/b\"\n    ftrace_events: \"c/d\""))
    #expect(text.contains("duration_ms: 90000"))
    #expect(PerfettoConfig(events: [], limit: .zero, freeKiB: 0).bufferKiB == 8192)
    #expect(
      PerfettoConfig(events: [], limit: .seconds(1 << 40), freeKiB: 0).text
        .contains("duration_ms: 86400000"))
  }
}
