import Foundation

/// The collector's own time of day, by which reports are kept and quotas counted.
package enum WallClock {
  /// Milliseconds since 1970 (UTC); 0 on a clock that is before.
  package static var milliseconds: UInt64 {
    UInt64(max(0, Date().timeIntervalSince1970 * 1000))
  }
}
