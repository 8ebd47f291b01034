import Foundation
import Glibc
import Synchronization

/// How a process ended.
package enum ExitStatus: Sendable, Equatable {
  /// 0-255.
  case exited(Int32)
  case signalled(Int32)

  /// As a shell reports it: the exit code, or 128 plus the signal.
  package var shellCode: Int32 {
    switch self {
    case .exited(let code): code
    case .signalled(let signal): 128 + signal
    }
  }

  /// Decodes the status word of waitpid(2).
  init(waitStatus: Int32) {
    let signal = waitStatus & 0x7f
    self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .signalled(signal)
  }
}

/// A child process in a process group of its own, with pipes on its standard streams.
///
/// A value that is dropped before the child was waited for kills the group.
package final class ChildProcess: Sendable {
  /// The child's process and group id.
  package let processID: pid_t
  /// nil when the child reads `/dev/null`.
  package let standardInput: AsyncDescriptor?
  package let standardOutput: AsyncDescriptor
  package let standardError: AsyncDescriptor

  private let subject: String
  /// Readable once the child has ended.
  private let exitSignal: AsyncDescriptor
  private let status = Mutex<ExitStatus?>(nil)

  private init(
    processID: pid_t, standardInput: AsyncDescriptor?, standardOutput: AsyncDescriptor,
    standardError: AsyncDescriptor, exitSignal: AsyncDescriptor, subject: String
  ) {
    self.processID = processID
    self.standardInput = standardInput
    self.standardOutput = standardOutput
    self.standardError = standardError
    self.exitSignal = exitSignal
    self.subject = subject
  }

  deinit {
    let isReaped = status.withLock { $0 != nil }
    if isReaped { return }
    let orphan = processID
    _ = kill(-orphan, SIGKILL)
    // A killed process can take a while to end; only this thread waits for it.
    Thread.detachNewThread {
      var ignored: Int32 = 0
      while waitpid(orphan, &ignored, 0) < 0 && errno == EINTR {}
    }
  }

  /// Starts a program.
  /// - Parameters:
  ///   - executable: a path, or a name looked up in `PATH`.
  ///   - arguments: without the program's own name.
  ///   - environment: nil passes this process's own.
  ///   - connectsInput: false gives the child `/dev/null` as stdin.
  /// - Returns: the running child.
  /// - Throws: ``SystemCallError``; `ENOENT` when there is no such program.
  package static func spawn(
    _ executable: String, arguments: [String], environment: [String: String]? = nil,
    connectsInput: Bool = false
  ) throws(SystemCallError) -> ChildProcess {
    BrokenPipe.ignoreSignal()
    let (outputReader, outputWriter) = try makePipe(subject: executable)
    let output = OwnedDescriptor(adopting: outputReader)
    let childOutput = OwnedDescriptor(adopting: outputWriter)
    let (errorReader, errorWriter) = try makePipe(subject: executable)
    let error = OwnedDescriptor(adopting: errorReader)
    let childError = OwnedDescriptor(adopting: errorWriter)
    let childInput: OwnedDescriptor
    var input: AsyncDescriptor?
    if connectsInput {
      let (reader, writer) = try makePipe(subject: executable)
      childInput = OwnedDescriptor(adopting: reader)
      input = try AsyncDescriptor(
        adopting: OwnedDescriptor(adopting: writer), subject: executable)
    } else {
      childInput = try OwnedDescriptor.open("/dev/null", flags: O_RDONLY)
    }
    let standardOutput = try AsyncDescriptor(adopting: output, subject: executable)
    let standardError = try AsyncDescriptor(adopting: error, subject: executable)

    var actions = posix_spawn_file_actions_t()
    try numberedCall("posix_spawn_file_actions_init") { posix_spawn_file_actions_init(&actions) }
    defer { posix_spawn_file_actions_destroy(&actions) }
    let wiring = [
      (childInput.rawValue, STDIN_FILENO), (childOutput.rawValue, STDOUT_FILENO),
      (childError.rawValue, STDERR_FILENO),
    ]
    for (from, target) in wiring {
      try numberedCall("posix_spawn_file_actions_adddup2") {
        posix_spawn_file_actions_adddup2(&actions, from, target)
      }
    }
    // What this process was given open, such as a lock, must not live on in an adb server.
    for stray in inheritableDescriptors() {
      try numberedCall("posix_spawn_file_actions_addclose") {
        posix_spawn_file_actions_addclose(&actions, stray)
      }
    }
    var attributes = posix_spawnattr_t()
    try numberedCall("posix_spawnattr_init") { posix_spawnattr_init(&attributes) }
    defer { posix_spawnattr_destroy(&attributes) }
    separate(&attributes)

    var processID: pid_t = 0
    let variables = (environment ?? ProcessInfo.processInfo.environment)
      .map { "\($0.key)=\($0.value)" }
    try withCStrings([executable] + arguments) { argv throws(SystemCallError) in
      try withCStrings(variables) { envp throws(SystemCallError) in
        try numberedCall("start", on: executable) {
          inheritance.withLock { _ in
            posix_spawnp(&processID, executable, &actions, &attributes, argv, envp)
          }
        }
      }
    }
    do {
      return ChildProcess(
        processID: processID, standardInput: input, standardOutput: standardOutput,
        standardError: standardError,
        exitSignal: try watchExit(of: processID, subject: executable), subject: executable)
    } catch {
      _ = kill(-processID, SIGKILL)
      var ignored: Int32 = 0
      waitpid(processID, &ignored, 0)
      throw error
    }
  }

  /// Gives the child a group of its own, and no signals that are ignored or blocked here.
  private static func separate(_ attributes: inout posix_spawnattr_t) {
    var defaults = sigset_t()
    var mask = sigset_t()
    sigemptyset(&mask)
    sigemptyset(&defaults)
    // Ignored signals stay ignored across exec: the child must not inherit ours.
    for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&defaults, signal) }
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
    posix_spawnattr_setflags(&attributes, Int16(flags))
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setsigmask(&attributes, &mask)
  }

  /// Waits for the end of the child; may be called again.
  /// - Parameters:
  ///   - deadline: nil waits without limit.
  ///   - killingGroup: then kills what the child left behind in its group.
  /// - Returns: how it ended.
  /// - Throws: ``TimeoutError``, `CancellationError`; the child then still runs.
  @discardableResult
  package func waitForExit(
    deadline: Deadline? = nil, killingGroup: Bool = false
  ) async throws -> ExitStatus {
    if let known = status.withLock({ $0 }) { return known }
    try await exitSignal.waitReadable(deadline: deadline)
    return try status.withLock { known throws(SystemCallError) in
      if let known { return known }
      // Before the child is reaped its id cannot name another group.
      if killingGroup { _ = kill(-processID, SIGKILL) }
      var word: Int32 = 0
      try systemCall("waitpid", on: subject) { waitpid(processID, &word, 0) }
      let status = ExitStatus(waitStatus: word)
      known = status
      return status
    }
  }

  /// How the child ended; nil until ``waitForExit(deadline:killingGroup:)`` found out.
  package var knownStatus: ExitStatus? { status.withLock { $0 } }

  /// Sends a signal to the child's whole group, unless the child was already waited for.
  package func signalGroup(_ signal: Int32) {
    status.withLock { known in
      if known == nil { _ = kill(-processID, signal) }
    }
  }

  /// A pipe that ends when the child does; the child is not reaped by that.
  private static func watchExit(
    of processID: pid_t, subject: String
  ) throws(SystemCallError) -> AsyncDescriptor {
    let (reader, held) = try makePipe(subject: subject)
    let ended = OwnedDescriptor(adopting: reader)
    Thread.detachNewThread {
      var ignored = siginfo_t()
      while waitid(P_PID, id_t(processID), &ignored, WEXITED | WNOWAIT) < 0 && errno == EINTR {}
      close(held)
    }
    return try AsyncDescriptor(adopting: ended, subject: subject)
  }
}

/// Lends a NULL-terminated array of C strings.
private func withCStrings<Result>(
  _ strings: [String],
  _ body: ([UnsafeMutablePointer<CChar>?]) throws(SystemCallError) -> Result
) throws(SystemCallError) -> Result {
  let pointers = strings.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return try body(pointers)
}
