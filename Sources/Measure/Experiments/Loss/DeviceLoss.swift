import AgentSession
import Devices
import Foundation

/// What an error says of the device.
enum DeviceLoss {
  /// Why the device counts as lost, in one line; nil for errors that it had no part in.
  ///
  /// An agent that ended with an exit code had a device that reported it.
  static func cause(_ error: any Error, device: String) -> String? {
    switch error {
    case let error as DeviceError:
      switch error {
      case .disconnected(device, _, _), .refused(device, _, _), .notFound(device, _),
        .offline(device, _), .timedOut(device, _, _):
        return line(error)
      case .transportUnavailable: return line(error)
      // A board that refuses this machine's key is there.
      case .sshFailed(device, let failure): return failure.mayPass ? line(error) : nil
      default: return nil
      }
    case let error as AgentSessionError:
      switch error {
      case .ended(nil, _): return "the connection to the agent ended"
      case .timedOut, .closed: return line(error)
      default: return nil
      }
    default: return nil
    }
  }

  private static func line(_ error: any Error) -> String {
    "\(error)".split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
  }
}

/// Waits for a device that was lost, and brings it back.
struct DeviceReturn: Sendable {
  let device: any Device
  /// Brings back a device that does not answer; false where that is impossible.
  let recover: @Sendable () async throws -> Bool
  /// Gets what is done, for people.
  let report: @Sendable (String) -> Void

  /// Carries out what `state` decides until the device is back. `cause` is why it counts as lost,
  /// `bootID` that of the boot it was lost in.
  /// - Returns: true when it is in the same boot still.
  /// - Throws: ``RunError/deviceLost(device:cause:outcome:)``, `CancellationError`.
  func wait(cause: String, bootID: String, _ state: inout LossState) async throws -> Bool {
    let begun = ContinuousClock.now
    var action = state.handle(.lost(cause: cause))
    while true {
      try Task.checkCancellation()
      switch action {
      case .wait(let limit):
        report("device lost (\(cause)): waiting up to \(limit.components.seconds) s for it")
        action = state.handle(
          LossState.Event(await Aftermath.learn(of: device, bootID: bootID, limit: limit)))
      case .cyclePower:
        action = try await cyclePower(&state)
      case .resume, .repeat:
        state.wasAway(ContinuousClock.now - begun)
        let isSameBoot = action == .resume
        report(
          isSameBoot
            ? "the device is back in the same boot: the run continues"
            : "the device has restarted: the run begins again")
        return isSameBoot
      case .giveUp(let outcome):
        throw RunError.deviceLost(device: device.name, cause: cause, outcome: outcome)
      }
    }
  }

  private func cyclePower(_ state: inout LossState) async throws -> LossState.Action {
    report("the device does not come back: cycling its power")
    do {
      return state.handle(.powerCycled(try await recover()))
    } catch {
      try Task.checkCancellation()
      return state.handle(.powerCycleFailed("\(error)"))
    }
  }
}

extension LossState.Event {
  init(_ aftermath: Aftermath) {
    switch aftermath {
    case .survived: self = .survived
    case .restarted: self = .restarted
    case .gone: self = .gone
    }
  }
}
