import AgentSession
import Catalogs
import Devices
import Foundation

/// Undoes what a workload's setup did after a run that did not come to its own end: it failed, or
/// the user interrupted it.
struct Teardown: Sendable {
  let request: RunRequest
  let device: any Device
  let agent: InstalledAgent

  /// Longest time for all steps: a user who has interrupted a run waits for them.
  private static let limit = Duration.seconds(60)

  /// Makes all steps, also after one that failed. The session of the run may be in
  /// the middle of an answer, so they have one of their own; the run's must be closed.
  func run() async {
    guard !request.workload.teardown.isEmpty else { return }
    // Detached: the task of an interrupted run is cancelled.
    let work = Task.detached { await makeSteps() }
    let alarm = Task.detached {
      if (try? await Task.sleep(for: Self.limit)) != nil { work.cancel() }
    }
    await work.value
    alarm.cancel()
  }

  private func makeSteps() async {
    // The agent of the run still ends its steps, which may be in the way of ours.
    guard await agent.hasEnded(on: device),
      let session = try? await AgentClient.start(
        on: device, command: shellQuote(agent.agentPath), hostVersion: request.toolVersion)
    else { return }
    for step in request.workload.teardown {
      // The error that ended the run matters more than one of the teardown.
      try? await StepExecutor(device: device, session: session).make(step, place: "teardown")
    }
    try? await session.bye()
    await session.close()
  }
}
