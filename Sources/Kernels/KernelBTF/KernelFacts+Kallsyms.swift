import Foundation

extension KernelFacts {
  /// How much of a file decides what it is.
  private static let sample = 64 << 10

  /// The path, when most of the file's lines are a kernel's symbols: `address type name`. Lines
  /// beside them, such as a linker's warning that a shell put first, do no harm.
  /// - Throws: ``KernelBTFError`` for any other file.
  package static func checkedKallsyms(_ path: String) throws(KernelBTFError) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw .unreadable(path: path, reason: "cannot be read")
    }
    let head = (try? file.read(upToCount: sample)) ?? nil
    if let head, case .compressed(let compression) = FileFormat(head) {
      throw .unusable(
        path: path, reason: "compressed",
        remedy: "unpack it: \(compression.program.name) -dc \(path) > kallsyms")
    }
    var lines = String(decoding: head ?? Data(), as: UTF8.self)
      .split(whereSeparator: \.isNewline)
    // The last may be cut by the sample's end.
    if head?.count == sample { lines = lines.dropLast() }
    let symbols = lines.count { line in
      line.wholeMatch(of: /\s*([0-9a-fA-F]{8,16}|\(null\)) [A-Za-z?] \S+(\s+\[\S+\])?\s*/) != nil
    }
    guard symbols * 2 > lines.count else {
      throw .unusable(
        path: path, reason: "not a list of kernel symbols",
        remedy: "give /proc/kallsyms of a device that runs the build, read as root")
    }
    return path
  }
}
