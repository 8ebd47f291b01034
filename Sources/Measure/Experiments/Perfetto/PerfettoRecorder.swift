import AgentSession
import Devices

/// Records with the device's own perfetto.
///
/// The recording belongs to a shell on the device that lives as long as its connection: when the
/// host dies, the shell ends perfetto and removes its file. Were the shell killed too, perfetto
/// ends by itself after the configuration's limit.
struct PerfettoRecorder: Sendable {
  let device: any Device

  /// Longest wait until all data sources have started; perfetto itself waits for 30 s.
  private static let startLimit = Duration.seconds(90)

  /// Returns when everything asked for is being recorded.
  /// - Throws: ``PerfettoError``, `DeviceError`, `CancellationError`.
  func start(_ config: PerfettoConfig) async throws -> PerfettoRecording {
    let recording = PerfettoRecording(
      stream: try await device.stream(Self.script(config)), byteLimit: config.bufferKiB << 10)
    do {
      try await limited(Self.startLimit, or: PerfettoError.notStarted("it does not answer")) {
        try await recording.waitUntilStarted()
      }
      return recording
    } catch {
      await recording.cancel()
      throw error
    }
  }

  /// Only Android's own directory may be written by perfetto on a user build.
  private static func script(_ config: PerfettoConfig) -> String {
    """
    umask 077
    \(PerfettoService.isPresent) || { echo absent; exit 0; }
    directory=/data/misc/perfetto-traces
    [ -d $directory ] || directory=/data/local/tmp
    [ -d $directory ] || directory=${TMPDIR:-/tmp}
    file=$directory/latgate-$$.pftrace
    recorder=
    trap '[ -z "$recorder" ] || kill -INT "$recorder" 2>/dev/null; rm -f "$file"' EXIT
    trap 'exit 1' HUP INT TERM PIPE
    recorder=$(printf %s \(shellQuote(config.text)) |
      perfetto --txt -c - -o "$file" --background-wait) || { recorder=; exit 3; }
    echo started
    read -r word
    [ "$word" = stop ] || exit 1
    kill -INT "$recorder"
    while [ -d "/proc/$recorder" ]; do sleep 0.05; done
    recorder=
    wc -c <"$file"
    cat "$file"
    """
  }
}

/// A recording that has begun.
actor PerfettoRecording {
  /// For the end of the recording and the copy of its trace.
  private static let stopLimit = Duration.seconds(180)
  /// A trace is a little larger than the buffer it comes from.
  private static let slack = 8 << 20

  private let stream: any DeviceStream
  private let byteLimit: Int
  private var received: [UInt8] = []

  init(stream: any DeviceStream, byteLimit: Int) {
    self.stream = stream
    self.byteLimit = byteLimit + Self.slack
  }

  func waitUntilStarted() async throws {
    switch try await line() {
    case "started": return
    case "absent": throw PerfettoError.absent
    default: throw PerfettoError.notStarted(await lastWords())
    }
  }

  /// Ends the recording and takes its trace; nothing of it stays on the device.
  /// - Throws: ``PerfettoError``, `DeviceError`, `CancellationError`.
  func stop() async throws -> [UInt8] {
    do {
      let trace = try await limited(
        Self.stopLimit, or: PerfettoError.cutOff("it does not arrive")
      ) { try await self.take() }
      await stream.close()
      return trace
    } catch {
      await stream.close()
      throw error
    }
  }

  /// Ends the recording; its trace is thrown away. Safe to call twice.
  func cancel() async {
    await stream.close()
  }

  private func take() async throws -> [UInt8] {
    try await stream.write(Array("stop\n".utf8))
    guard let text = try await line(),
      let size = Int(text.trimmingCharacters(in: .whitespaces)), size > 0
    else { throw PerfettoError.cutOff(await lastWords()) }
    guard size <= byteLimit else {
      throw PerfettoError.cutOff("it has \(size) bytes, at most \(byteLimit) are taken")
    }
    while received.count < size, let bytes = try await stream.read() { received += bytes }
    guard received.count >= size else {
      throw PerfettoError.cutOff("\(received.count) of \(size) bytes arrived")
    }
    // The shell removes the file as it ends, after the last byte.
    while try await stream.read() != nil {}
    return Array(received.prefix(size))
  }

  /// The next line without its end; nil when the stream ends before it does.
  private func line() async throws -> String? {
    while true {
      if let end = received.firstIndex(of: 0x0a) {
        let line = String(decoding: received[..<end], as: UTF8.self)
        received.removeSubrange(...end)
        return line
      }
      // No line of ours is that long: something else writes there.
      guard received.count < 4096, let bytes = try await stream.read() else { return nil }
      received += bytes
    }
  }

  /// The last lines of what perfetto said, as one.
  private func lastWords() async -> String {
    await stream.standardError().split(separator: "\n").suffix(3)
      .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "; ")
  }
}

/// Lets `work` take a limited time, as a device may be silent for ever.
private func limited<Value: Sendable>(
  _ limit: Duration, or failure: PerfettoError, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value.self) { group in
    group.addTask(operation: work)
    group.addTask {
      try await Task.sleep(for: limit)
      throw failure
    }
    defer { group.cancelAll() }
    guard let first = try await group.next() else { throw failure }
    return first
  }
}
