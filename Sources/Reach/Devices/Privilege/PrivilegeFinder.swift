import POSIXSupport

/// Finds out by trying how commands get root's rights on one device.
///
/// A `su` may ask for a password, put a question on a screen, or never come back: it gets an empty
/// stdin and a time limit, and what it answered is remembered for the build.
package actor PrivilegeFinder {
  private let device: any Device
  private let wish: PrivilegeWish
  private let cache: PrivilegeCache?
  private let limit: Duration
  /// Time for a person to answer a question on the device's screen.
  package static let patience: Duration = .seconds(10)
  private var search: Task<Answer, any Error>?

  /// What was found, and what did not work on the way.
  package struct Answer: Sendable, Equatable {
    package var way: RootWay
    /// The shell's own user.
    package var userID: UInt32?
    /// `su -c: it did not answer within 10 s`, in the order tried; empty when nothing had to be.
    package var refusals: [String]
  }

  /// `limit` is for each try; a question on the device's screen must be answered within it.
  package init(
    device: any Device, wish: PrivilegeWish, cache: PrivilegeCache?,
    limit: Duration = PrivilegeFinder.patience
  ) {
    self.device = device
    self.wish = wish
    self.cache = cache
    self.limit = limit
  }

  /// - Throws: `DeviceError`: the device is out of reach, or has not what is demanded.
  package func find() async throws -> Answer {
    let task = search ?? Task { try await look() }
    search = task
    do {
      return try await task.value
    } catch {
      if search == task { search = nil }
      throw error
    }
  }

  /// Another boot or build may have another answer.
  package func forget() {
    search = nil
  }

  private func look() async throws -> Answer {
    let identity = try await device.identify()
    var answer = Answer(way: .shell, userID: identity.userID, refusals: [])
    if identity.userID == 0 {
      answer.way = .root
      return answer
    }
    switch wish {
    case .shell: return answer
    case .root:
      throw DeviceError.unsupported(
        device: device.name,
        detail: "its shell is \(Self.user(identity.userID)), and the device file demands root",
        remedy: "run `adb root`, log in as root, or write `privilege: auto`")
    case .auto, .su: break
    }
    let key = "\(identity.serial) \(identity.fingerprint) \(identity.kernelVersion)"
    if let known = cache?.way(for: key) {
      if known == .shell, wish == .auto { return answer }
      if known.program != nil, try await isRefused(known) == nil {
        answer.way = known
        return answer
      }
    }
    try await tryAll(&answer)
    // That there is no way to root is not kept after a short time limit.
    if answer.way != .shell || limit >= Self.patience { cache?.keep(answer.way, for: key) }
    if answer.way == .shell, wish == .su {
      throw DeviceError.unsupported(
        device: device.name,
        detail: "there is no way to root (" + answer.refusals.joined(separator: "; ") + ")",
        remedy: "grant the shell root in the device's su manager or in sudoers (NOPASSWD), or "
          + "write `privilege: shell`")
    }
    return answer
  }

  private func tryAll(_ answer: inout Answer) async throws {
    let programs = try await device.exec(
      titled(
        "the search for su and sudo",
        "for name in su sudo; do command -v $name > /dev/null 2>&1 && echo latgate:$name; done; true"
      ),
      timeout: limit
    ).text.split(whereSeparator: \.isNewline)
    var stuck: Set<String> = []
    for way in RootWay.candidates {
      guard let program = way.program, programs.contains("latgate:\(program)"),
        !stuck.contains(program)
      else { continue }
      guard let refusal = try await isRefused(way) else {
        answer.way = way
        return
      }
      answer.refusals.append("\(way.rawValue): \(refusal)")
      // The program would not answer with other arguments either.
      if refusal == silence { stuck.insert(program) }
    }
    if answer.refusals.isEmpty { answer.refusals = ["the shell finds neither su nor sudo"] }
  }

  /// The text shows that a command reaches the other shell unchanged.
  private static let text = #"it's "$HOME" & `a` \ *"#

  /// - Returns: nil when commands become root's this way, else why not.
  private func isRefused(_ way: RootWay) async throws -> String? {
    let question = "printf 'latgate:%s %s\\n' \"$(id -u)\" \(shellQuote(Self.text))"
    do {
      let made = try await device.exec(
        titled("the trial of \(way.rawValue)", way.line(question) + " < /dev/null"), timeout: limit)
      let lines = made.text.split(whereSeparator: \.isNewline)
      if lines.contains("latgate:0 \(Self.text)") { return nil }
      if let line = lines.first(where: { $0.hasPrefix("latgate:") }) {
        return "it answers \(line.dropFirst("latgate:".count).prefix(60))"
      }
      let words = String(decoding: made.standardError, as: UTF8.self)
        .split(whereSeparator: \.isNewline).last.map { String($0.prefix(120)) }
      return words ?? "it ended with \(made.exitCode)"
    } catch DeviceError.timedOut {
      return silence
    }
  }

  private var silence: String { "it did not answer within \(limit.components.seconds) s" }

  private static func user(_ id: UInt32?) -> String {
    id.map { "user \($0)" } ?? "no root shell"
  }
}
