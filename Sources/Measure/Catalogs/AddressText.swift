/// What stands for a place of a device in a file: `tcp:HOST[:PORT]`, `usb:[SERIAL|PATH]`,
/// `ssh:[USER@]HOST[:PORT]`, or a serial number of the adb server's list.
///
/// What it means is decided by `DeviceAddress`; here it is only said whether it can mean a device.
enum AddressText {
  /// Whether a text of any of the forms can mean a device.
  static func isUsable(_ text: String) -> Bool {
    if text.hasPrefix("tcp:") { return isEndpoint(text.dropFirst(4)) }
    if text.hasPrefix("ssh:") { return isBoard(text.dropFirst(4)) }
    if text.hasPrefix("usb:") { return true }
    return !text.contains("/") && !text.hasSuffix(".yaml")
  }

  /// `[USER@]HOST[:PORT]`.
  static func isBoard(_ text: Substring) -> Bool {
    let user = text.prefixMatch(of: /[^@\s-][^\s]*@/)?.output ?? ""
    let place = text.dropFirst(user.count)
    if place.wholeMatch(of: /(?:[0-9A-Fa-f]*:){2,}[0-9A-Za-z.%]*/) != nil { return true }
    let form = /(?:[^@\s:-][^@\s:]*|\[[0-9A-Fa-f:.%a-z]+\])(?::([0-9]{1,5}))?/
    guard let match = place.wholeMatch(of: form) else { return false }
    return isPort(match.1)
  }

  /// `HOST[:PORT]`; an IPv6 address stands in brackets.
  private static func isEndpoint(_ text: Substring) -> Bool {
    let form = /(?:[^\s:\[\]]+|\[[^\s\[\]]+\])(?::([0-9]{1,5}))?/
    guard let match = text.wholeMatch(of: form) else { return false }
    return isPort(match.1)
  }

  private static func isPort(_ text: Substring?) -> Bool {
    guard let text else { return true }
    return Int(text).map { (1...65_535).contains($0) } ?? false
  }
}

extension FieldReader {
  /// Where a device behind adb is: a serial number, or a place where adb is spoken without its
  /// server.
  func adbAddress() -> String? {
    guard let text = text() else { return nil }
    if text == "local" || text.hasPrefix("ssh:") {
      report(
        "'\(text)' is no device behind adb",
        remedy: text == "local" ? "write kind: local" : "write kind: ssh, and its address")
      return nil
    }
    return reachable(text)
  }

  /// The text, unless no device can be there.
  func reachable(_ text: String) -> String? {
    guard AddressText.isUsable(text) else {
      report(
        "'\(text)' is no address of a device",
        remedy:
          "write a serial number, usb:SERIAL, usb:PATH or tcp:HOST[:PORT]; ports are from 1 to "
          + "65535")
      return nil
    }
    return text
  }
}
