import Devices
import Foundation

extension InstalledAgent {
  /// Waits until nothing runs from the agent's directory: at the end of its session the agent
  /// detaches its probes and ends its steps, which takes a moment.
  /// - Returns: false when something still runs after `limit`, or the device does not answer.
  package func hasEnded(on device: any Device, limit: Duration = .seconds(10)) async -> Bool {
    let question =
      "ls -l /proc/[0-9]*/exe 2> /dev/null | grep -cF \(shellQuote(" \(directory)/"))"
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      guard let answer = try? await device.exec(question, timeout: limit) else { return false }
      if answer.text.trimmingCharacters(in: .whitespacesAndNewlines) == "0" { return true }
      try? await Task.sleep(for: .milliseconds(50))
    }
    return false
  }
}
