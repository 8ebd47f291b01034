import Foundation
import Glibc
import POSIXSupport

/// The files of one virtual device while it runs, under its name.
///
/// The console's log stays when the device has stopped; the next boot of the name replaces it.
struct RunDirectory: Sendable, Equatable {
  let path: String

  var statePath: String { "\(path)/state.json" }
  var serialLog: String { "\(path)/\(QEMUCommandLine.serialLog)" }
  var processFile: String { "\(path)/\(QEMUCommandLine.processFile)" }
  var monitorSocket: String { "\(path)/\(QEMUCommandLine.monitorSocket)" }
  /// Says which launch the other files are of; see ``LifetimeGuard``.
  var ownerFile: String { "\(path)/\(Self.ownerName)" }
  private static let ownerName = "owner"

  /// The directory that holds all run directories.
  /// - Parameter cache: directory of the tool's cache; nil is the user's own.
  /// - Returns: an absolute path; the directory need not exist.
  /// - Throws: `SystemCallError`: there is no cache directory.
  static func parent(cache: String?) throws -> String {
    "\(try cache ?? UserDirectories.cache())/virtual/run"
  }

  /// - Throws: ``VirtualDeviceError/invalidArgument(name:value:reason:)`` for a name that could
  ///   leave the directory or confuse QEMU.
  init(name: String, cache: String?) throws {
    guard Self.isName(name) else {
      throw VirtualDeviceError.invalidArgument(
        name: "name", value: name, reason: "1 to 40 ASCII letters, digits and '-' are allowed")
    }
    self.path = "\(try Self.parent(cache: cache))/\(name)"
  }

  /// Whether a device may be called so.
  static func isName(_ text: String) -> Bool {
    let isPlain = text.utf8.allSatisfy { byte in
      let character = Character(UnicodeScalar(byte))
      return character.isASCII && (character.isLetter || character.isNumber || character == "-")
    }
    return (1...40).contains(text.utf8.count) && isPlain && !text.hasPrefix("-")
  }

  private static func lockPath(_ path: String) -> String { "\(path)/lock" }

  /// Makes the directory and takes its name, for a device that is about to start.
  ///
  /// Another launch may take it for a past device's, and remove it, until the lock is held: then it
  /// is made again.
  /// - Throws: `SystemCallError`, `TimeoutError` when another process holds the name longer
  ///   than `limit`, `CancellationError`.
  func take(limit: Duration) async throws -> FileLock {
    let deadline = ContinuousClock.now + limit
    let path = Self.lockPath(path)
    while true {
      try UserDirectories.makeDirectory(self.path)
      do {
        if let lock = try FileLock.tryAcquire(path) {
          if lock.isNamed(path) { return lock }
        }
      } catch {
        // Removed between the two calls.
        guard error.code == ENOENT else { throw error }
      }
      if ContinuousClock.now >= deadline { throw TimeoutError(subject: "lock \(path)") }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Logs of past devices that are kept, the last ones.
  static let keptLogs = 10

  /// Removes the directories of devices that have ended but for the last ``keptLogs`` of them.
  /// - Parameter parent: ``parent(cache:)``.
  static func prune(_ parent: String) {
    let manager = FileManager.default
    let ended = ((try? manager.contentsOfDirectory(atPath: parent)) ?? [])
      .map { "\(parent)/\($0)" }
      .compactMap { path -> (path: String, date: Date)? in
        if isRunning(path) { return nil }
        let log = try? manager.attributesOfItem(atPath: "\(path)/\(QEMUCommandLine.serialLog)")
        return (path, log?[.modificationDate] as? Date ?? .distantPast)
      }
    for (path, _) in ended.sorted(by: { $0.date > $1.date }).dropFirst(keptLogs) {
      remove(path)
    }
  }

  /// Removes it with its log, unless a device of its name is about to start.
  func remove() {
    Self.remove(path)
  }

  private static func remove(_ path: String) {
    // A device that is about to start holds the lock of its name; one that has started since it
    // was looked at has let go of it.
    guard let lock = try? FileLock.tryAcquire(lockPath(path)) else { return }
    // A lock that was opened before another process removed the directory is of that one: in its place
    // may be one that a launch has made since.
    if lock.isNamed(lockPath(path)), !isRunning(path) {
      // At once, under another name: a launch must not find the lock's file gone and its directory
      // still there.
      let past = "\(PathParent.of(path))/past-\(UUID().uuidString.prefix(8))"
      if rename(path, past) == 0 { try? FileManager.default.removeItem(atPath: past) }
    }
    _ = consume lock
  }

  private static func isRunning(_ path: String) -> Bool {
    (try? MachineState.read("\(path)/state.json"))?.process.isRunning == true
  }

  /// QEMU, where its process file names one that runs.
  var launchedProcess: ProcessIdentity? {
    let text = (try? String(contentsOfFile: processFile, encoding: .utf8)) ?? ""
    let number = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
    return number.flatMap(ProcessIdentity.current(of:))
  }

  /// Ends the QEMU of a launch that failed, for who holds the name.
  func endLaunched() async {
    guard let process = launchedProcess else { return }
    process.signal(SIGKILL)
    _ = try? await process.waitForEnd(limit: .seconds(5))
  }

  /// Removes what only a running device needs, for a device that has ended: nothing where the name
  /// belongs to a younger one by now, or to one that is about to start.
  func clear(after process: ProcessIdentity) {
    // A launch holds the lock from before it makes its files until its state is written.
    guard let lock = try? FileLock.tryAcquire(Self.lockPath(path)) else { return }
    let current = try? MachineState.read(statePath)
    if lock.isNamed(Self.lockPath(path)), current == nil || current?.process == process {
      clear(keepingLog: true)
    }
    _ = consume lock
  }

  /// Removes what only a running device needs, for who holds the name.
  func clear(keepingLog: Bool) {
    let names =
      ["state.json", QEMUCommandLine.processFile, QEMUCommandLine.monitorSocket, Self.ownerName]
      + [
        VirtualImage.dataDiskName, VirtualImage.f2fsDiskName, VirtualImage.extendedInitramfsName,
      ]
      + (keepingLog ? [] : [QEMUCommandLine.serialLog])
    for name in names { unlink("\(path)/\(name)") }
  }

  /// Number of times the device reported to be ready, and what its console said last.
  func console() -> ConsoleLog {
    ConsoleLog(bytes: FileManager.default.contents(atPath: serialLog).map(Array.init) ?? [])
  }
}
