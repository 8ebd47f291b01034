import Foundation

/// A copy of the catalogue that a test may add to and change; C sources are those of the
/// repository.
struct TestShare: ~Copyable {
  private let directory: TemporaryDirectory
  var path: String { directory.path }

  init() throws {
    let made = try TemporaryDirectory()
    try Self.fill(made.path)
    directory = made
  }

  private static func fill(_ path: String) throws {
    let files = FileManager.default
    try files.createSymbolicLink(
      atPath: "\(path)/Sources", withDestinationPath: "\(Tool.repository)/Sources")
    for part in ["bpf", "targets"] {
      try files.copyItem(atPath: "\(Tool.repository)/\(part)", toPath: "\(path)/\(part)")
    }
  }

  /// Adds or replaces a file, such as `targets/suites/x.yaml`.
  func write(_ text: String, to file: String, mode: Int = 0o644) throws {
    let path = "\(path)/\(file)"
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
  }

  /// Lets the suite `user` measure beside other tests: its device need not be quiet.
  func acceptUnrest() throws {
    try edit(
      "targets/suites/user.yaml", "  uptime_min: 4s\n",
      "  uptime_min: 4s\n  cpu_pressure_max: 100%\n  cpu_busy_max: 100%\n")
  }

  /// Replaces text in a file that holds it.
  func edit(_ file: String, _ old: String, _ new: String) throws {
    let text = try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8)
    precondition(text.contains(old), "\(file) has no '\(old)'")
    try write(text.replacing(old, with: new), to: file)
  }
}
