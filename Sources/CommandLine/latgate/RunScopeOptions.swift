import ArgumentParser
import Catalogs
import RunRecords

/// Whose operations are measured.
struct RunScopeOptions: ParsableArguments {
  /// Bytes of a thread's name that the kernel keeps.
  private static let longestName = 15

  @Option(
    help: ArgumentHelp(
      "Measure threads of this name, and all threads of a process of this name.",
      discussion: "As /proc/PID/comm has it.", valueName: "name"))
  var comm: String?

  @Option(help: ArgumentHelp("Measure a process with its threads, or one thread."))
  var pid: UInt32?

  @Option(
    help: ArgumentHelp(
      "Measure the tasks of a cgroup (version 2) and of those below it.",
      valueName: "directory"))
  var cgroup: String?

  func validate() throws {
    guard [comm != nil, pid != nil, cgroup != nil].count(where: { $0 }) < 2 else {
      throw ValidationError("give one of --comm, --pid and --cgroup")
    }
    if let comm, comm.isEmpty || comm.utf8.count > Self.longestName {
      throw ValidationError(
        "--comm '\(comm)': the kernel keeps 1 to \(Self.longestName) bytes of a name; "
          + "'cat /proc/PID/comm' prints them")
    }
    if pid == 0 { throw ValidationError("--pid 0 stands for idle CPUs and is no process") }
    if let cgroup, !cgroup.hasPrefix("/") {
      throw ValidationError(
        "--cgroup takes its directory on the device, such as /sys/fs/cgroup/system.slice")
    }
  }

  /// Nil = everyone's.
  var scope: RunScope? {
    comm.map { RunScope(kind: .comm, value: $0) }
      ?? pid.map { RunScope(kind: .pid, value: String($0)) }
      ?? cgroup.map { RunScope(kind: .cgroup, value: $0) }
  }
}
