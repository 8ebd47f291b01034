import Glibc

/// Size and times of a file: enough to notice that it was replaced.
struct FileStamp: Sendable, Equatable {
  let size: Int64
  let seconds: Int
  let nanoseconds: Int
  /// When the file was last changed, moved or given other rights; it cannot be set back.
  let changed: String
  let isRegular: Bool

  /// Nil where there is nothing.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    size = Int64(status.st_size)
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
    changed = "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
    isRegular = status.st_mode & S_IFMT == S_IFREG
  }

  /// For hashing.
  var text: String { "\(size) \(seconds).\(nanoseconds)" }
}
