import Foundation

/// How many connections of devices a process has files for.
enum ConnectionLimit {
  /// Files of all else at least: the log, which must be able to begin a segment, the index, operators.
  private static let reserve = 128

  /// Files that this process may have open; below 0 where nothing limits them.
  static var openFiles: Int { sysconf(Int32(_SC_OPEN_MAX)) }

  /// As many as are wanted, as far as they leave a quarter of the open files, and the reserve.
  static func fitting(_ wanted: Int, openFiles: Int) -> Int {
    guard openFiles >= 0 else { return wanted }
    return max(1, min(wanted, openFiles - max(reserve, openFiles / 4)))
  }
}
