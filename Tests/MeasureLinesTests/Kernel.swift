import Foundation
import KernelEvents

/// What a kernel said of itself: Formats holds files of its tracefs and names of its functions.
enum Kernel {
  static let known: KnownEvents = {
    guard let directory = Bundle.module.url(forResource: "Formats", withExtension: nil) else {
      preconditionFailure("the fixtures are not in the bundle")
    }
    func lines(_ name: String) -> [String] {
      let text = (try? String(contentsOf: directory.appending(path: name), encoding: .utf8)) ?? ""
      return text.split(whereSeparator: \.isNewline).map(String.init)
    }
    var known = KnownEvents(
      events: lines("available_events"), functions: lines("functions"),
      systemCalls: ["read": 0, "write": 1, "fsync": 74, "fdatasync": 75, "openat": 257])
    let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    for file in files where file.hasSuffix(".format") {
      let event = file.dropLast(".format".count).replacing(".", with: ":")
      known.formats[String(event)] = EventFormat(lines(file).joined(separator: "\n"))
    }
    return known
  }()
}
