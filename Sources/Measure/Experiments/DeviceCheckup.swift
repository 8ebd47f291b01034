import AgentSession
import Devices
import RunRecords

/// What one look at a device's shell shows about a run on it: nothing is installed.
package struct DeviceCheckup: Sendable, Equatable {
  /// One thing that was looked at.
  package struct Finding: Sendable, Equatable {
    package enum State: Sendable, Equatable {
      case fine
      case warning
      /// No run is possible.
      case stops
    }

    package var state: State
    package var subject: String
    package var detail: String
    package var remedy: String?
  }

  package var identity: DeviceIdentity
  /// Ways to root that were tried and did not work, with their reasons.
  package var refusals: [String]
  /// Whether the device file names the kernel's types.
  package var bringsTypes = false
  private var facts: [String: String]

  /// Bytes that the agent, its load helper and a kernel's types need.
  private static let neededSpace = 16 << 20

  init(identity: DeviceIdentity, refusals: [String], answer: String) {
    self.identity = identity
    self.refusals = refusals
    facts = [:]
    for line in answer.split(whereSeparator: \.isNewline) where line.hasPrefix("latgate:") {
      let parts = line.dropFirst("latgate:".count).split(separator: "=", maxSplits: 1)
      if parts.count == 2 { facts[String(parts[0])] = String(parts[1]) }
    }
  }

  /// Asks a device; `wish` and `bringsTypes` are the device file's.
  /// - Throws: `DeviceError`.
  package static func look(
    at device: any Device, wish: PrivilegeWish, timeout: Duration, cache: PrivilegeCache? = nil,
    bringsTypes: Bool = false
  ) async throws -> DeviceCheckup {
    // A way to root that does not answer must leave time for the rest.
    let root = PrivilegedDevice(
      device, wish: wish, cache: cache, patience: min(timeout / 4, PrivilegeFinder.patience))
    let identity = try await root.identify()
    let refusals = try await root.privilege().refusals
    let answer = try await root.exec(script, timeout: timeout)
    var checkup = DeviceCheckup(identity: identity, refusals: refusals, answer: answer.text)
    checkup.bringsTypes = bringsTypes
    return checkup
  }

  /// As ``DeviceFacts/command``: one command, lines of `latgate:KEY=VALUE`.
  static let script = titled(
    "a look at its shell",
    "say() { printf 'latgate:%s=%s\\n' \"$1\" \"$2\"; }\n" + AgentInstaller.findBase + """
      say directory "$base"
      say space "$(df -k "$base" 2> /dev/null | tail -n 1)"
      try="$base/latgate-try-$$"
      if (printf '#!/bin/sh\\nexit 7\\n' > "$try" && chmod 700 "$try") 2> /dev/null; then
      "$try" 2> /dev/null
      say exec $?
      else
      say exec unwritable
      fi
      rm -f "$try"
      [ -e /proc/sys/kernel/unprivileged_bpf_disabled ] && say bpf yes
      [ -r /sys/kernel/btf/vmlinux ] && say btf yes
      [ -d /sys/fs/bpf/latgate ] && say pinned yes
      for directory in /sys/kernel/tracing /sys/kernel/debug/tracing; do
      [ -w "$directory/events/sched/sched_switch/enable" ] 2> /dev/null && say trace yes && break
      done
      command -v getprop > /dev/null 2>&1 && say boot "$(getprop sys.boot_completed)."
      ls -l /proc/[0-9]*/exe 2> /dev/null | grep -q '/latgate-[0-9a-f]*/latgate-agent$' && say agent yes
      true
      """)

  /// The best tier as far as a shell can see; the agent knows for sure. Nil = none.
  package var likelyTier: Tier? {
    if isRoot, facts["bpf"] != nil, bringsTypes || facts["btf"] != nil { return .t2 }
    if facts["pinned"] != nil { return .t1 }
    return facts["trace"] == nil ? nil : .t0
  }

  /// What the shell's user may do, as a record says it.
  package var privilege: RootWay { identity.privilege ?? .shell }

  private var isRoot: Bool { privilege.isRoot }

  /// Everything that was looked at, in the order of a run.
  package var findings: [Finding] { [boot, directory, programs, rights, tier] + agent }

  private var boot: Finding {
    guard let boot = facts["boot"], boot != "1." else {
      return Finding(
        state: .fine, subject: "kernel", detail: "\(identity.kernelRelease), \(identity.abi)")
    }
    return Finding(
      state: .warning, subject: "boot", detail: "Android has not finished booting",
      remedy: "wait, or see on its screen what it waits for")
  }

  private var directory: Finding {
    let path = facts["directory"] ?? "its directory for programs"
    // Filesystem, size, used, available, use%, mount point: the first and the last may hold blanks.
    let columns = (facts["space"] ?? "").firstMatch(of: /\d+\s+\d+\s+(-?\d+)\s+(?:\d+%|-)\s/)
    guard let columns, let free = Int(columns.1) else {
      return Finding(
        state: .warning, subject: "space", detail: "\(path): df does not report the free space")
    }
    guard free >= Self.neededSpace / 1024 else {
      return Finding(
        state: .stops, subject: "space", detail: "\(path) has \(free) KiB free",
        remedy: "free \(Self.neededSpace >> 20) MiB there")
    }
    return Finding(state: .fine, subject: "space", detail: "\(path) has \(free >> 10) MiB free")
  }

  private var programs: Finding {
    let path = facts["directory"] ?? "its directory for programs"
    switch facts["exec"] {
    case "7": return Finding(state: .fine, subject: "programs", detail: "may be run from \(path)")
    case "unwritable", nil:
      return Finding(
        state: .stops, subject: "programs", detail: "\(path) cannot be written",
        remedy: "make it writable for the shell's user, or mend its file system")
    default:
      return Finding(
        state: .stops, subject: "programs", detail: "nothing may be run from \(path)",
        remedy: "mount it without noexec, or set TMPDIR for the login to a directory that allows it"
      )
    }
  }

  private var rights: Finding {
    if isRoot {
      return Finding(state: .fine, subject: "privilege", detail: privilege.rawValue)
    }
    let tried = refusals.isEmpty ? "" : " (\(refusals.joined(separator: "; ")))"
    return Finding(
      state: .warning, subject: "privilege",
      detail: "user \(identity.userID.map(String.init) ?? "unknown"), no way to root\(tried)",
      remedy: "`adb root`, log in as root, or grant su or sudo without a question")
  }

  private var tier: Finding {
    if let likelyTier {
      return Finding(
        state: .fine, subject: "tier", detail: "\(likelyTier.rawValue), as far as a shell can see")
    }
    if isRoot, facts["bpf"] != nil {
      return Finding(
        state: .warning, subject: "tier", detail: "the kernel carries no types (BTF)",
        remedy: "give those of its build: `btf: {file: PATH}` in the device file")
    }
    return Finding(
      state: .stops, subject: "tier",
      detail: isRoot
        ? "the kernel has neither bpf() nor trace events that can be enabled"
        : "an unprivileged shell that may enable no trace event, and nothing pinned",
      remedy: isRoot
        ? "build the kernel with CONFIG_BPF_SYSCALL, or mount tracefs"
        : "get root, let group readtracefs enable events as Android's atrace.rc does, or bake the "
          + "probes in (`latgate firmware-kit`)")
  }

  private var agent: [Finding] {
    guard facts["agent"] != nil else { return [] }
    return [
      Finding(
        state: .warning, subject: "agent", detail: "an agent is running already",
        remedy: "wait for the other job; an agent without a host ends by itself within 30 s")
    ]
  }
}
