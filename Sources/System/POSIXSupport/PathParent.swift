/// The directory that a path lies in, as dirname(1) has it: Foundation's own traps on a name of one
/// character.
package enum PathParent {
  /// - Returns: `.` for a name alone, `/` for what lies in the root.
  package static func of(_ path: String) -> String {
    let name = trimmed(path[...])
    guard let slash = name.lastIndex(of: "/") else { return "." }
    let directory = trimmed(name[..<slash])
    return directory.isEmpty ? "/" : String(directory)
  }

  /// Without slashes at its end, unless it is nothing else.
  private static func trimmed(_ path: Substring) -> Substring {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path
  }
}
