import Catalogs
import Devices
import VirtualDevices

/// Distinguishes a mistyped name from a device that is away.
///
/// A name that no adb server lists is mistyped when it is nearly that of a device file or of a
/// running virtual device: a usage error (64). All others may come back, and stay with 69.
package struct NameSlip: Sendable {
  private let known: Set<String>

  package init(catalog: Catalog) {
    let machines = (try? VirtualMachine.list()) ?? []
    known = Set(catalog.devices.keys).union(machines.map(\.name)).union(["local"])
  }

  init(known: Set<String>) {
    self.known = known
  }

  /// The usage error, or the error as it is; `name` is what the user wrote.
  package func explaining(_ error: any Error, name: String) -> any Error {
    guard case DeviceError.notFound = error, case .server = DeviceAddress(name),
      !known.contains(name), nearestName(to: name, in: known) != nil
    else { return error }
    return UnknownNameError(kind: "device", name: name, known: Array(known))
  }
}
