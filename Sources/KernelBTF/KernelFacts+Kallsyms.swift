import Foundation

extension KernelFacts {
  /// The path, when the file has lines of a kernel's symbols: `address type name`.
  /// - Throws: ``KernelBTFError`` for any other file.
  package static func checkedKallsyms(_ path: String) throws(KernelBTFError) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw .unreadable(path: path, reason: "cannot be read")
    }
    let head = (try? file.read(upToCount: 4096)) ?? nil
    let line = String(decoding: head ?? Data(), as: UTF8.self).prefix { $0 != "\n" }
    guard line.wholeMatch(of: /[0-9a-f]{8,16} [A-Za-z?] \S+(\t\[\S+\])?/) != nil else {
      throw .unusable(
        path: path, reason: "not a list of kernel symbols",
        remedy: "give /proc/kallsyms of a device that runs the build, read as root")
    }
    return path
  }
}
