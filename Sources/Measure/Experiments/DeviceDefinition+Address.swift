import Catalogs
import Devices

extension DeviceDefinition {
  /// Where the file says its device is; nil for one that has no address, such as a virtual one.
  package var ownAddress: DeviceAddress? {
    switch kind {
    case .virtual: return nil
    case .local: return .local
    case .adb(let serial): return serial.map { DeviceAddress($0) }
    case .ssh(let place):
      guard var target = SSHTarget(place.address) else { return nil }
      target.identity = place.identity
      target.configuration = place.configuration
      return .ssh(target)
    }
  }

  /// How commands on the device get root's rights.
  package var privilegeWish: PrivilegeWish {
    switch privilege {
    case .auto: .auto
    case .root: .root
    case .su: .su
    case .shell: .shell
    }
  }
}
