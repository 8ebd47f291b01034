import Foundation
import POSIXSupport

/// What a device's system can say about a failure, collected into plain files.
///
/// Never fails: `index.txt` names what is missing. Bounded in time and size, because the
/// device may be dying and its logs may be large.
package struct BugReport: Sendable {
  /// One source: its file in the directory, and the device's shell command that prints it.
  struct Source: Sendable, Equatable {
    var file: String
    var command: String
    /// Bytes; the command prints the newest where it must choose.
    var limit: Int
  }

  private let device: any Device
  /// For everything together.
  private let limit: Duration

  package init(device: any Device, limit: Duration = .seconds(60)) {
    self.device = device
    self.limit = limit
  }

  /// - Parameters:
  ///   - directory: made if missing.
  ///   - texts: what this machine knows: file names and their contents.
  /// - Returns: one line per file that was written, the index left out.
  @discardableResult
  package func collect(into directory: String, texts: [String: String] = [:]) async -> [String] {
    var index: [String] = ["device: \(device.name)"]
    var written: [String] = []
    func keep(_ bytes: [UInt8], _ file: String) {
      do {
        try AtomicFile.write(bytes, to: "\(directory)/\(file)", durable: false)
        written.append(file)
        index.append("\(file): \(bytes.count) bytes")
      } catch {
        index.append("\(file): not written: \(error)")
      }
    }
    try? UserDirectories.makeDirectory(directory, mode: 0o755)
    for (file, text) in texts.sorted(by: { $0.key < $1.key }) where !text.isEmpty {
      keep(Array(text.utf8), file)
    }
    let deadline = ContinuousClock.now + limit
    do {
      // A device that went down may be on its way up, with the log of its crash in pstore.
      try await device.waitUntilReady(timeout: limit / 3)
      var sources = Self.sources
      sources += try await crashFiles(deadline: deadline)
      for source in sources {
        do {
          let bytes = try await read(source, deadline: deadline)
          if bytes.isEmpty {
            index.append("\(source.file): nothing there")
          } else {
            keep(bytes, source.file)
          }
        } catch let error as DeviceError {
          index.append("\(source.file): \(error)")
        }
      }
    } catch {
      index.append("the device reports nothing: \(error)")
    }
    try? AtomicFile.write(
      Array((index.joined(separator: "\n") + "\n").utf8), to: "\(directory)/index.txt",
      durable: false)
    return written
  }

  private static let megabyte = 1 << 20

  static let sources = [
    Source(
      file: "system.txt",
      command: """
        uname -a; uptime; cat /proc/loadavg /proc/meminfo; cat /proc/pressure/* 2> /dev/null
        cat /proc/sys/kernel/tainted /proc/cmdline; cat /sys/class/thermal/thermal_zone*/temp
        command -v getprop > /dev/null && getprop; ps -A 2> /dev/null || ps
        """, limit: megabyte),
    Source(file: "dmesg.txt", command: "dmesg", limit: 4 * megabyte),
    Source(
      file: "logcat.txt",
      command: "command -v logcat > /dev/null && logcat -d -b all -v threadtime",
      limit: 8 * megabyte),
    Source(
      file: "journal.txt",
      command:
        "command -v journalctl > /dev/null && journalctl -b -n 5000 --no-pager -o short-precise",
      limit: 4 * megabyte),
    Source(file: "last_kmsg.txt", command: "cat /proc/last_kmsg", limit: 4 * megabyte),
  ]

  /// Records that the kernel kept over a crash, and native crashes of Android.
  private func crashFiles(deadline: Deadline) async throws -> [Source] {
    let listing = try await device.exec(
      """
      for file in /sys/fs/pstore/*; do [ -f "$file" ] && echo "latgate:$file"; done
      ls -t /data/tombstones/tombstone_?? 2> /dev/null | head -n 5 | while read -r file; do
      echo "latgate:$file"
      done
      true
      """, timeout: try rest(deadline))
    return listing.text.split(whereSeparator: \.isNewline).compactMap { line in
      guard line.hasPrefix("latgate:/") else { return nil }
      let path = String(line.dropFirst("latgate:".count))
      let parts = path.split(separator: "/")
      guard let name = parts.last, name.wholeMatch(of: /[A-Za-z0-9._-]+/) != nil else { return nil }
      let directory = path.hasPrefix("/sys/fs/pstore/") ? "pstore" : "tombstones"
      return Source(
        file: "\(directory)-\(name).txt", command: "cat \(shellQuote(path))", limit: Self.megabyte)
    }.prefix(40).map { $0 }
  }

  private func read(_ source: Source, deadline: Deadline) async throws -> [UInt8] {
    let line = "{ \(source.command)\n} 2> /dev/null | tail -c \(source.limit)"
    let made = try await device.exec(line, timeout: min(try rest(deadline), .seconds(20)))
    return made.standardOutput.suffix(source.limit)
  }

  private func rest(_ deadline: Deadline) throws -> Duration {
    let rest = ContinuousClock.now.duration(to: deadline)
    guard rest > .zero else {
      throw DeviceError.timedOut(device: device.name, operation: "the bug report", after: limit)
    }
    return rest
  }
}
