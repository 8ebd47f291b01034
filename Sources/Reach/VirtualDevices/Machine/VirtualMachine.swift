import Foundation
import POSIXSupport

/// A running virtual device.
///
/// An owned one ends with this value, at the latest with this process; a detached one runs on
/// until ``stop()``, which any process may call after ``find(_:cache:)``.
package final class VirtualMachine: Sendable {
  package let state: MachineState
  let directory: RunDirectory
  private let lifetimeGuard: LifetimeGuard?

  /// How long QEMU gets to obey each of the three ways to end it.
  private static let stopLimit = Duration.seconds(5)
  /// How long one greeting may take before the next is tried.
  private static let greetingLimit = Duration.seconds(2)

  init(state: MachineState, directory: RunDirectory, lifetimeGuard: LifetimeGuard?) {
    self.state = state
    self.directory = directory
    self.lifetimeGuard = lifetimeGuard
  }

  package var name: String { state.name }
  /// The device's adb serial: `127.0.0.1:PORT`.
  package var serial: String { "127.0.0.1:\(state.port)" }
  package var processID: Int32 { state.process.processID }
  /// Absolute path of the serial console's log; it stays after ``stop()``.
  package var logPath: String { directory.serialLog }
  /// From the start of QEMU to adbd's answer; nil while the device boots.
  package var bootDuration: Duration? { state.bootSeconds.map { .seconds($0) } }
  /// BTF on this machine for a kernel that carries none; nil when it is not needed.
  /// - Throws: ``VirtualDeviceError/noTypes(kernel:path:)``.
  package func types() throws(VirtualDeviceError) -> String? {
    guard let path = state.typesPath else { return nil }
    guard FileManager.default.fileExists(atPath: path) else {
      throw .noTypes(kernel: state.firmware.kernel.rawValue, path: path)
    }
    return path
  }
  package var isRunning: Bool { state.process.isRunning }
  /// How often the device has come up since QEMU started: 1 after the boot, 2 after a restart.
  package var readyCount: Int { directory.console().readyCount }

  /// Returns when adbd answers the adb protocol's greeting.
  /// - Parameters:
  ///   - boots: how often the device must have come up; after a restart, one more than
  ///     ``readyCount`` was before it.
  ///   - panics: those that the console reported before; one more ends the wait.
  ///   - timeout: 30 s suffice on an idle machine.
  /// - Throws: ``VirtualDeviceError``: time-out and panic with the end of the console's log, or
  ///   the end of QEMU; `CancellationError`.
  package func waitUntilADB(
    boots: Int = 1, panics: Int = 0, timeout: Duration
  ) async throws {
    let deadline = ContinuousClock.now + timeout
    while true {
      let console = directory.console()
      if console.readyCount >= boots,
        try await ADBHandshake.succeeds(port: state.port, limit: Self.greetingLimit)
      {
        return
      }
      if console.panicCount > panics {
        throw VirtualDeviceError.kernelPanic(name: name, log: logPath, tail: console.tail())
      }
      if !isRunning {
        throw VirtualDeviceError.startFailed(
          name: name, log: "QEMU has ended; end of the console:\n\(console.tail())")
      }
      if ContinuousClock.now >= deadline {
        throw VirtualDeviceError.bootTimedOut(
          name: name, limit: timeout, log: logPath, tail: console.tail())
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Switches the power off and on again, without asking the device: what was not synced is lost.
  /// For an orderly restart run `reboot` on the device.
  /// - Throws: as ``waitUntilADB(boots:panics:timeout:)``, and
  ///   ``VirtualDeviceError/monitor(name:reason:)``.
  package func powerCycle(timeout: Duration) async throws {
    // A kernel that panicked is a reason to be here, not to give up.
    let before = directory.console()
    try await monitor.reset(limit: max(Self.stopLimit, timeout))
    try await waitUntilADB(
      boots: before.readyCount + 1, panics: before.panicCount, timeout: timeout)
  }

  /// Ends the device and removes its disks; does nothing when it has ended.
  /// - Throws: ``VirtualDeviceError/cannotStop(name:processID:)``, `CancellationError`.
  package func stop() async throws {
    if isRunning {
      // A QEMU that hangs or lost its socket still has to go.
      try? await monitor.quit(limit: Self.stopLimit)
      for signal in [SIGTERM, SIGKILL] {
        if try await state.process.waitForEnd(limit: Self.stopLimit) { break }
        state.process.signal(signal)
      }
      guard try await state.process.waitForEnd(limit: Self.stopLimit) else {
        throw VirtualDeviceError.cannotStop(name: name, processID: processID)
      }
    }
    lifetimeGuard?.dismiss()
    // The name may belong to a younger device by now.
    if let current = try? MachineState.read(directory.statePath), current.process != state.process {
      return
    }
    if state.lifetime == .owned, directory.console().panicCount == 0 {
      // Its name is of one process, and its console is not read any more.
      directory.remove()
    } else {
      directory.clear(after: state.process)
    }
  }

  /// The same device with its boot's duration known, here and in the state file; a detached one
  /// is on its own from now on.
  func recording(bootDuration: Duration) throws -> VirtualMachine {
    var state = self.state
    state.bootSeconds = bootDuration / .seconds(1)
    try state.write(directory.statePath)
    if state.lifetime == .detached { lifetimeGuard?.dismiss() }
    return VirtualMachine(state: state, directory: directory, lifetimeGuard: lifetimeGuard)
  }

  private var monitor: QEMUMonitor { QEMUMonitor(name: name, directory: directory) }
}
