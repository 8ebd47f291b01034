/// Which log: a number drawn when the log is made, in the header of each of its segments.
///
/// It distinguishes the logs of several collectors in one index. 0 is the number of a log that was made
/// before logs had one.
package struct LogIdentity: Sendable, Hashable, Comparable, CustomStringConvertible {
  package let rawValue: UInt64

  package init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  package static let unnumbered = LogIdentity(rawValue: 0)

  static func drawn() -> LogIdentity { LogIdentity(rawValue: .random(in: 1 ... .max)) }

  /// 16 hexadecimal digits.
  package var description: String {
    let digits = String(rawValue, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  package static func < (left: LogIdentity, right: LogIdentity) -> Bool {
    left.rawValue < right.rawValue
  }
}
