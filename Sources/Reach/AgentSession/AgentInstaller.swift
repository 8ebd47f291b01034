import Devices
import Foundation

/// The programs that go to a device, as built for its architecture.
package struct AgentPayload: Sendable, Equatable {
  /// Names the content: 8 to 64 lower-case hex digits.
  package var hash: String
  /// Paths on this machine.
  package var agentPath: String
  package var loadHelperPath: String

  package init(hash: String, agentPath: String, loadHelperPath: String) {
    self.hash = hash
    self.agentPath = agentPath
    self.loadHelperPath = loadHelperPath
  }
}

/// Where the programs are on the device.
package struct InstalledAgent: Sendable, Equatable {
  package var directory: String
  package var agentPath: String
  package var loadHelperPath: String
  /// True when nothing had to be copied.
  package var wasPresent: Bool
}

/// Puts the agent and its load helper on a device.
///
/// They live in `latgate-HASH` under `/data/local/tmp`, or under `${TMPDIR:-/tmp}` where the
/// device has no such directory. Directories of other hashes are removed unless something runs
/// from them. Throws ``DeviceError`` and `CancellationError`.
package struct AgentInstaller: Sendable {
  private let device: any Device
  private static let limit: Duration = .seconds(60)

  package init(device: any Device) {
    self.device = device
  }

  /// Copies what is missing and checks that a new copy of the agent starts.
  package func install(_ payload: AgentPayload) async throws -> InstalledAgent {
    let isHash = payload.hash.utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
    }
    guard isHash, (8...64).contains(payload.hash.utf8.count) else {
      throw DeviceError.hostFile(
        path: payload.agentPath, detail: "“\(payload.hash)” is no hash of 8 to 64 hex digits")
    }
    let sources = [payload.agentPath, payload.loadHelperPath]
    let expected = try sources.map { try Self.size(of: $0) }
    let (directory, present) = try await prepareDirectory(hash: payload.hash)
    let targets = Self.names.map { "\(directory)/\($0)" }
    var wasPresent = true
    for index in sources.indices where present[index] != expected[index] {
      wasPresent = false
      // Renamed when complete: an interrupted copy is never taken for the program.
      let part = targets[index] + ".part"
      try await device.push(sources[index], to: part, mode: 0o755)
      _ = try await run(
        "chmod 755 \(shellQuote(part)) && " + Self.keeping(part, as: targets[index]))
    }
    // What was there before has been started before; the greeting checks its release anyway.
    if !wasPresent { _ = try await run("\(shellQuote(targets[0])) --version") }
    return InstalledAgent(
      directory: directory, agentPath: targets[0], loadHelperPath: targets[1],
      wasPresent: wasPresent)
  }

  /// A shell command that gives a complete copy its name, once its bytes are on the disk: a device that
  /// loses power keeps the name and size of a file whose contents are zeros (ext4's delayed allocation).
  static func keeping(_ part: String, as path: String) -> String {
    // Not every sync takes files; where it does not, it writes everything.
    "{ sync \(shellQuote(part)) 2> /dev/null || sync; } && "
      + "mv -f \(shellQuote(part)) \(shellQuote(path))"
  }

  /// A shell condition: whether a file, in a word of the shell, begins with something. No program and no
  /// object begins with a zero.
  static func hasContents(_ word: String) -> String {
    "[ -n \"$(dd if=\(word) bs=1 count=1 2> /dev/null)\" ]"
  }

  /// Names of the programs in their directory: the agent, the load helper.
  private static let names = ["latgate-agent", "latgate-load"]

  /// Shell lines that set `$base` to the parent of the agent's directory.
  package static let findBase = """
    base=/data/local/tmp
    [ -d "$base" ] && [ -w "$base" ] || base="${TMPDIR:-/tmp}"

    """

  /// Removes directories of ours other than `spared`: ours are named so, and owned by this user.
  /// Where another user has the directory of a hash, this user's number follows it.
  private static func removal(sparing spared: String) -> String {
    """
    for old in "$base"/latgate-*; do
    case "${old##*/latgate-}" in \(spared)*|*[!0-9a-f]*|?|??|???|????|?????|??????|???????) continue;; esac
    [ -d "$old" ] && [ ! -L "$old" ] && [ -O "$old" ] || continue
    ls -l /proc/[0-9]*/exe 2> /dev/null | grep -qF " $old/" && continue
    rm -rf "$old"
    done
    true
    """
  }

  /// Makes the directory where it is missing, and looks into it: one command, as a round trip is
  /// slow.
  /// - Returns: its path, and the bytes of each program; nil for a missing one.
  private func prepareDirectory(hash: String) async throws -> (String, [UInt64?]) {
    let script =
      Self.findBase + """
        own="$base/latgate-\(hash)"
        [ -e "$own" ] && [ ! -O "$own" ] && own="$own$(id -u)"
        [ -d "$own" ] || mkdir -m 700 "$own" 2> /dev/null
        if [ ! -d "$own" ] || [ -L "$own" ] || [ ! -O "$own" ]; then
        echo "$own cannot be made, or belongs to somebody else" >&2
        exit 1
        fi

        """ + Self.removal(sparing: hash) + """

        printf 'latgate:%s\\n' "$own"
        cd "$own" || exit 1
        set --
        for name in \(Self.names.joined(separator: " ")); do
        [ -x $name ] && \(Self.hasContents("$name")) && set -- "$@" $name
        done
        [ $# -eq 0 ] || wc -c "$@"
        true
        """
    let answer = try await run(script, title: "making a directory for the agent")
    // A login shell may say something of its own first.
    let lines = answer.split(whereSeparator: \.isNewline)
    let mark = "latgate:"
    guard let place = lines.lastIndex(where: { $0.hasPrefix("\(mark)/") }) else {
      throw DeviceError.malformedAnswer(
        device: device.name, operation: "making the agent's directory",
        detail: String(answer.prefix(80)))
    }
    // One process says the sizes of both, and their sum.
    let sizes = lines[place...].dropFirst().map { $0.split(whereSeparator: \.isWhitespace) }
    return (
      String(lines[place].dropFirst(mark.count)),
      Self.names.map { name in
        sizes.first { $0.count == 2 && $0[1] == name }.flatMap { UInt64($0[0]) }
      }
    )
  }

  /// Runs a command that has to succeed.
  private func run(_ command: String, title: String? = nil) async throws -> String {
    let line = title.map { titled($0, command) } ?? command
    let result = try await device.exec(line, timeout: Self.limit)
    if result.exitCode != 0 {
      throw DeviceError.commandFailed(
        device: device.name, command: title ?? command, exitCode: result.exitCode,
        message: String(decoding: result.standardError.prefix(400), as: UTF8.self)
          .trimmingCharacters(in: .whitespacesAndNewlines))
    }
    return result.text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static func size(of path: String) throws(DeviceError) -> UInt64 {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let size = attributes?[.size] as? NSNumber else {
      throw .hostFile(path: path, detail: "not found")
    }
    return size.uint64Value
  }
}
