import Foundation

/// A device whose commands and files are root's, where there is a way to root.
///
/// The way is looked for at the first use, and again after the device was away.
package struct PrivilegedDevice: Device {
  package let base: any Device
  private let finder: PrivilegeFinder

  private static let limit: Duration = .seconds(60)

  package init(
    _ base: any Device, wish: PrivilegeWish, cache: PrivilegeCache? = .ofUser(),
    patience: Duration = PrivilegeFinder.patience
  ) {
    self.base = base
    finder = PrivilegeFinder(device: base, wish: wish, cache: cache, limit: patience)
  }

  package var name: String { base.name }

  /// How commands get root's rights.
  /// - Throws: `DeviceError`.
  package func privilege() async throws -> PrivilegeFinder.Answer {
    try await finder.find()
  }

  package func exec(_ command: String, timeout: Duration) async throws -> ExecResult {
    try await base.exec(try await finder.find().way.line(command), timeout: timeout)
  }

  package func stream(_ command: String) async throws -> any DeviceStream {
    let way = try await finder.find().way
    // No shell stays between.
    return try await base.stream(way.program == nil ? command : "exec " + way.line(command))
  }

  package func push(_ localPath: String, to remotePath: String, mode: UInt32) async throws {
    guard try await finder.find().way.program != nil else {
      return try await base.push(localPath, to: remotePath, mode: mode)
    }
    // The transport's own user may not write everywhere.
    try await withScratchFile { scratch in
      try await base.push(localPath, to: scratch, mode: 0o600)
      let part = shellQuote("\(remotePath).\(UUID().uuidString.prefix(8)).part")
      let target = shellQuote(remotePath)
      let script = """
        umask 077
        case \(target) in */?*/*) mkdir -p "$(dirname \(target))";; esac
        cat \(shellQuote(scratch)) > \(part) && chmod \(String(mode & 0o7777, radix: 8)) \(part) \
        && mv -f \(part) \(target) && exit 0
        rm -f \(part)
        exit 1
        """
      try await copied(remotePath, script)
    }
  }

  package func pull(_ remotePath: String, to localPath: String) async throws {
    let answer = try await finder.find()
    guard answer.way.program != nil, let user = answer.userID else {
      return try await base.pull(remotePath, to: localPath)
    }
    try await withScratchFile { scratch in
      let own = shellQuote(scratch)
      // Another user's file in a shared directory must not be opened to write: a new one is made.
      let script = """
        umask 077; set -C
        rm -f \(own) && cat \(shellQuote(remotePath)) > \(own) && chown \(user) \(own)
        """
      try await copied(remotePath, script)
      try await base.pull(scratch, to: localPath)
    }
  }

  package func identify() async throws -> DeviceIdentity {
    var identity = try await base.identify()
    identity.privilege = try await finder.find().way
    return identity
  }

  package func reboot() async throws {
    if try await finder.find().way.program != nil, let base = base as? any RestartsByCommand {
      try await base.restart { try await exec($0, timeout: Self.limit) }
    } else {
      try await base.reboot()
    }
    await finder.forget()
  }

  package func limitation() async throws -> String? { try await base.limitation() }

  package func waitUntilReady(timeout: Duration) async throws {
    try await base.waitUntilReady(timeout: timeout)
    await finder.forget()
  }

  /// Runs `body` with the path of an empty file of the transport's user, and removes it.
  private func withScratchFile(_ body: (String) async throws -> Void) async throws {
    let file = "latgate-copy-\(UUID().uuidString.lowercased())"
    let made = try await base.exec(
      titled(
        "making a scratch file",
        """
        directory=/data/local/tmp
        [ -d "$directory" ] && [ -w "$directory" ] || directory="${TMPDIR:-/tmp}"
        umask 077; set -C; : > "$directory/\(file)" && echo "latgate:$directory/\(file)"
        """), timeout: Self.limit)
    let line = made.text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("latgate:/") }
    guard let line else {
      let words = String(decoding: made.standardError.prefix(200), as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
      throw DeviceError.transferFailed(
        device: name, path: file,
        detail: words.isEmpty ? "no directory for it (code \(made.exitCode))" : words)
    }
    let path = String(line.dropFirst("latgate:".count))
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(path))
    } catch {
      result = .failure(error)
    }
    // Also for a cancelled caller: nothing may stay on the device.
    _ = try? await Task {
      try await exec("rm -f \(shellQuote(path))", timeout: Self.limit)
    }.value
    try result.get()
  }

  private func copied(_ path: String, _ script: String) async throws {
    let made = try await exec(script, timeout: .seconds(600))
    guard made.exitCode == 0 else {
      let words = String(decoding: made.standardError, as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
      throw DeviceError.transferFailed(
        device: name, path: path, detail: words.isEmpty ? "ended with \(made.exitCode)" : words)
    }
  }
}
