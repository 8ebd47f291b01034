import Devices
import Foundation

/// What can go wrong in a session with the agent, beside ``DeviceError``.
package enum AgentSessionError: Error, Sendable, Equatable {
  /// The agent is of another release; `detail` names both versions.
  case versionMismatch(detail: String)
  /// The agent ended, or never started. `errorOutput` is what it wrote to stderr.
  case ended(exitCode: Int32?, errorOutput: String)
  /// Bytes that break the protocol.
  case malformed(String)
  /// The agent refused a request.
  case refused(AgentRefusalError)
  case timedOut(request: String, after: Duration)
  /// The session failed or was cancelled before; it cannot be used any more.
  case closed
  /// A request that this side may not send, such as an object that is too large.
  case invalidRequest(String)
}

/// The agent's answer to a request that it could not carry out.
package struct AgentRefusalError: Error, Sendable, Equatable {
  /// The meaning of an `LG_ERR_` number.
  package enum Code: Sendable, Equatable {
    case `protocol`, state, unsupported, refused, verifier, object, step, inconsistent, `internal`
    /// Another tool traces.
    case busy
    /// The scope is not on the device.
    case scope
    case unknown(UInt32)
  }

  package var code: Code
  /// One line for people.
  package var text: String
  /// The probe it is about.
  package var probe: String?
  /// The useful tail of the verifier's log.
  package var log: String?
  /// Steps of a phase that had run.
  package var steps: [AgentStepResult]
  /// Hooks of a probe that had been decided.
  package var hooks: [AgentHook]

  package init(
    code: Code, text: String, probe: String? = nil, log: String? = nil,
    steps: [AgentStepResult] = [], hooks: [AgentHook] = []
  ) {
    self.code = code
    self.text = text
    self.probe = probe
    self.log = log
    self.steps = steps
    self.hooks = hooks
  }
}

extension AgentSessionError: CustomStringConvertible, LocalizedError {
  package var errorDescription: String? { description }

  /// What happened, and what to do.
  package var description: String {
    switch self {
    case .versionMismatch(let detail):
      "the agent on the device is of another release (\(detail)): let latgate install its own"
    case .ended(let exitCode, let errorOutput):
      "the agent on the device ended"
        + (exitCode.map { " with exit code \($0)\(Self.meaning(of: $0))" } ?? "")
        + (errorOutput.isEmpty ? "" : ": \(Self.end(of: errorOutput))")
        + "; run `latgate doctor` to see what the device allows"
    case .malformed(let detail):
      "the agent's answer breaks the protocol (\(detail)): check that nothing else writes to"
        + " its output, and that host and agent come from one build"
    case .refused(let refusal): refusal.description
    case .timedOut(let request, let limit):
      "the agent did not answer \(request) within"
        + " \(limit.formatted(.units(allowed: [.minutes, .seconds], width: .narrow)))"
        + ": check that the device is awake and not overloaded"
    case .closed:
      "the session with the agent is over: start a new one"
    case .invalidRequest(let detail): detail
    }
  }

  /// The last messages, for one line.
  private static func end(of errorOutput: String) -> String {
    errorOutput.split(separator: "\n").suffix(4).joined(separator: "; ")
  }

  private static func meaning(of exitCode: Int32) -> String {
    switch exitCode {
    case 126: " (not executable: its file system may be mounted noexec)"
    case 127: " (not found)"
    case 137: " (killed; out of memory?)"
    default: ""
    }
  }
}

extension AgentRefusalError: CustomStringConvertible {
  package var description: String {
    (probe.map { "probe \($0): " } ?? "") + text + (log.map { "\n\($0)" } ?? "")
  }
}
