import Testing

@testable import Devices

@Suite struct SSHWordsTests {
  @Test(arguments: [
    ("board", SSHTarget(host: "board")),
    ("root@board", SSHTarget(user: "root", host: "board")),
    ("root@10.0.0.2:2222", SSHTarget(user: "root", host: "10.0.0.2", port: 2222)),
    ("a@b@board", SSHTarget(user: "a@b", host: "board")),
    ("[fe80::1%eth0]:22", SSHTarget(host: "fe80::1%eth0", port: 22)),
    ("::1", SSHTarget(host: "::1")),
    ("", nil), ("@board", nil), ("board:", nil), ("board:0", nil), ("board:65536", nil),
    ("-oProxyCommand=x", nil), ("root@-x", nil), ("-x@board", nil), ("a b", nil), ("[::1]x", nil),
  ])
  func addresses(text: String, target: SSHTarget?) {
    #expect(SSHTarget(text) == target)
    if let target, target.port != nil || !target.host.contains(":") { #expect(target.text == text) }
  }

  @Test func marksAreTakenOut() throws {
    let marks = SSHMarks()
    let script = marks.wrapped("printf 'x' >&2; exit 9")
    let word = try #require(script.firstMatch(of: /latgate-[0-9a-z]+/)?.output)
    let full = marks.read(Array("banner\n\(word) group 42\nx\(word) exit 9\n".utf8))
    #expect(full.group == 42)
    #expect(full.exitCode == 9)
    #expect(full.rest == Array("banner\nx".utf8))
    let cut = marks.read(Array("\(word) group 42\n\(word) exit".utf8))
    #expect(cut.exitCode == nil)
    #expect(marks.read([]).group == nil)
    #expect(marks.read(Array("\(word) exit what\n".utf8)).exitCode == nil)
  }

  @Test(arguments: [
    ("ssh: connect to host x port 22: Connection refused", SSHFailure.refused),
    ("ssh: connect to host x port 22: No route to host", .noRoute),
    ("ssh: connect to host x port 22: Connection timed out", .timedOut),
    ("Connection timed out during banner exchange", .timedOut),
    ("ssh: Could not resolve hostname x: Name or service not known", .nameNotResolved),
    ("root@x: Permission denied (publickey).", .authenticationFailed),
    ("Host key verification failed.", .hostKeyUnknown),
    (
      "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.",
      .hostKeyChanged
    ),
    ("kex_exchange_identification: read: Connection reset by peer", nil),
  ])
  func wordsOfSSH(words: String, failure: SSHFailure?) {
    #expect(SSHFailure(words: words) == failure)
  }

  /// The user's own configuration may be broken: that is why another is given.
  @Test func oneConfigurationIsReadForEverything() {
    let target = SSHTarget(user: "root", host: "board", configuration: "/etc/rig")
    let words = SSHConnection.question(target, socket: "/tmp/s")
    #expect(zip(words, words.dropFirst()).contains { $0 == ("-F", "/etc/rig") })
    #expect(words.suffix(2) == ["--", "root@board"])
  }

  @Test func everyWayQuotesOnce() {
    let command = "echo 'a b'"
    #expect(RootWay.root.line(command) == command)
    #expect(RootWay.suZero.line(command) == #"su 0 sh -c 'echo '\''a b'\'''"#)
    #expect(RootWay.sudo.line(command) == #"sudo -n sh -c 'echo '\''a b'\'''"#)
  }
}
