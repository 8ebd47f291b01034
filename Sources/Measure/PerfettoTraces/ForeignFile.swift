/// Files that are given where a perfetto trace is expected, and what to do about each.
enum ForeignFile {
  /// What the bytes are, as a sentence; nil when they may be a trace.
  static func description(of data: [UInt8]) -> String? {
    if data.isEmpty { return "this file is empty: record the trace again, or copy it again" }
    if data.dropFirst(257).starts(with: Array("ustar".utf8)) {
      return
        "this is a tar archive, no perfetto trace: unpack it with 'tar -xf' and give the trace "
        + "in it"
    }
    for (magic, name, remedy) in magics where data.starts(with: magic) {
      return "this is \(name), no perfetto trace: \(remedy)"
    }
    let text = String(decoding: data.prefix(4096), as: UTF8.self)
      .drop { $0.isWhitespace || $0 == "\u{feff}" }
    let lower = text.prefix(32).lowercased()
    if lower.hasPrefix("<!doctype html") || lower.hasPrefix("<html") {
      return "this is an HTML page, as systrace writes them, no perfetto trace: \(again)"
    }
    if text.hasPrefix("# tracer:") || text.hasPrefix("TRACE:") {
      return "this is the text of systrace, atrace or ftrace, no perfetto trace: \(again)"
    }
    guard let first = text.first, "{[".contains(first), text.dropFirst().contains("\"") else {
      return nil
    }
    if text.contains("\"latgate.") {
      return "this is a file of latgate, no trace: 'latgate compare' reads run records"
    }
    return "this is JSON, as Chrome's trace events are written, no perfetto trace: it has no events"
      + " of the kernel; \(again)"
  }

  private static let again = "record with perfetto and the data source linux.ftrace"

  private static let magics: [(magic: [UInt8], name: String, remedy: String)] = [
    ([0x17, 0x08, 0x44] + Array("tracing".utf8), "a trace.dat of trace-cmd", again),
    (Array("PERFILE2".utf8), "a perf.data file", again),
    ([0x7f] + Array("ELF".utf8), "a program or library", "give the trace itself"),
    ([0xfd] + Array("7zXZ".utf8), "packed by xz", "unpack it with 'xz -d'"),
    (Array("BZh".utf8), "packed by bzip2", "unpack it with 'bunzip2'"),
    ([0x04, 0x22, 0x4d, 0x18], "packed by lz4", "unpack it with 'lz4 -d'"),
    (Array("7z".utf8) + [0xbc, 0xaf], "a 7z archive", "unpack it"),
    (Array("SQLite format 3".utf8), "a database", "give the trace itself"),
  ]
}
