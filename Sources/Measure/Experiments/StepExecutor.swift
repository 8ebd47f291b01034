import AgentSession
import Catalogs
import Devices
import Foundation

/// Makes single steps of a workload, outside any window.
struct StepExecutor: Sendable {
  let device: any Device
  let session: AgentClient

  /// Makes a step of setup or teardown; `place` is which of them, for messages.
  func make(_ step: WorkloadStep, place: String) async throws {
    let result: AgentStepResult
    switch step.action {
    case .host(let command):
      result = try await host(command, step, place: place)
    case .run, .sleep:
      result = try await session.exec(forAgent(step))
    }
    try requireSuccess(result, step.text, place: place)
  }

  /// Runs a step on this machine.
  /// - Throws: ``RunError/stepFailed(device:place:step:outcome:output:)`` for one that does not end.
  func host(
    _ command: String, _ step: WorkloadStep, place: String
  ) async throws -> AgentStepResult {
    let begun = ContinuousClock.now
    let filled = command.replacing("{serial}", with: shellQuote(device.name))
    let made: ExecResult
    do {
      made = try await LocalDevice().exec(filled, timeout: step.timeout)
    } catch DeviceError.timedOut {
      // The step's fault: this machine is no device that could have gone away.
      throw RunError.stepFailed(
        device: device.name, place: place, step: step.text,
        outcome: "no end within \(step.timeout)", output: "")
    }
    return AgentStepResult(made, after: ContinuousClock.now - begun, index: 0)
  }

  /// A step that is not the host's as the agent takes it.
  func forAgent(_ step: WorkloadStep) -> AgentStep {
    switch step.action {
    case .run(let words): .run(argv: words, timeout: step.timeout)
    case .sleep(let duration): .sleep(duration)
    case .host: preconditionFailure("a host step is never sent to the agent")
    }
  }

  /// - Throws: ``RunError/stepFailed(device:place:step:outcome:output:)``.
  func requireSuccess(_ result: AgentStepResult, _ step: String, place: String) throws {
    let outcome: String
    switch result.ending {
    case .exited(0): return
    case .exited(let code): outcome = "exit code \(code)"
    case .signalled(let signal): outcome = "signal \(signal)"
    }
    throw RunError.stepFailed(
      device: device.name, place: place, step: step, outcome: outcome,
      output: tail(String(decoding: result.standardError + result.standardOutput, as: UTF8.self)))
  }

  /// The end of a step's output, for messages.
  func tail(_ text: String) -> String {
    String(text.suffix(500)).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
