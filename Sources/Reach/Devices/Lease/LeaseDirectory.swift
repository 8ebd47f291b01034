import Glibc
import POSIXSupport

/// The directory of lease files: one for all users of a machine, and for its containers where it is
/// mounted into them.
///
/// All users may make files in it, and none may remove those of others, as in /tmp.
struct LeaseDirectory: Sendable, Equatable {
  let path: String

  private static let mode: UInt32 = 0o1777

  /// `LATGATE_LEASES`, else `latgate` in the first place for locks that all users may write to.
  /// Which that is depends on the machine alone: all have to come to the same.
  init(environment: [String: String]) {
    if let given = environment["LATGATE_LEASES"], !given.isEmpty {
      path = given
    } else {
      path = Self.base(of: ["/run/lock", "/var/lock"]) + "/latgate"
    }
  }

  init(path: String) {
    self.path = path
  }

  /// The first directory where everybody may make files, else /tmp.
  static func base(of directories: [String]) -> String {
    directories.first { directory in
      var status = stat()
      return stat(directory, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        && status.st_mode & mode == mode
    } ?? "/tmp"
  }

  /// Makes it where it is missing.
  /// - Throws: ``DeviceError/hostFile(path:detail:)`` for one that cannot serve everybody.
  func prepare() throws(DeviceError) {
    do throws(SystemCallError) {
      if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
        try UserDirectories.makeDirectory(String(path[..<slash]), mode: 0o755)
      }
      if mkdir(path, Self.mode) != 0, errno != EEXIST {
        throw SystemCallError(call: "mkdir", code: errno, subject: path)
      }
      let directory = try OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      let number = directory.rawValue
      var status = stat()
      try systemCall("fstat", on: path) { fstat(number, &status) }
      if status.st_uid == geteuid(), status.st_mode & Self.mode != Self.mode {
        // Past the umask.
        try systemCall("fchmod", on: path) { fchmod(number, Self.mode) }
      }
      try systemCall("access", on: path) { access(path, W_OK | X_OK) }
    } catch {
      throw .hostFile(
        path: path,
        detail:
          "leases cannot be kept there (\(error.call): \(error.reason)); name another directory "
          + "for all users by LATGATE_LEASES")
    }
  }
}
