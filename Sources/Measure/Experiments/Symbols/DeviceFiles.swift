import Devices
import Foundation
import KernelTypes

/// The programs and libraries that a device's processes have mapped, by build-id.
struct DeviceFiles: Sendable {
  let device: any Device

  /// Of a file, enough for its program headers and the build-id that linkers put behind them.
  static let headBytes = 4096
  /// Asked for at once, so that a command line is not too long.
  private static let batch = 100
  /// A device has a few hundred.
  private static let mostFiles = 4000

  struct Found: Sendable {
    var path: String
    var head: ELFHead
  }

  /// - Parameter wanted: build-ids.
  /// - Returns: those of them that some process has mapped now.
  /// - Throws: `DeviceError`.
  func find(_ wanted: Set<String>) async throws -> [String: Found] {
    var found: [String: Found] = [:]
    let paths = try await mapped()
    for first in stride(from: 0, to: paths.count, by: Self.batch) where found.count < wanted.count {
      for (path, bytes) in try await heads(Array(paths[first...].prefix(Self.batch))) {
        guard let head = try? ELFHead(bytes), let whole = head.buildID,
          let id = StackBuildID.match(whole, among: wanted)
        else { continue }
        found[id] = found[id] ?? Found(path: path, head: head)
      }
    }
    return found
  }

  private func mapped() async throws -> [String] {
    let result = try await device.exec(
      titled(
        "the list of mapped files",
        "cat /proc/[0-9]*/maps 2>/dev/null | grep ' r-xp ' | sed 's/^[^/]*//' | sort -u"),
      timeout: .seconds(60))
    let paths = result.text.split(separator: "\n").map(String.init).filter {
      $0.hasPrefix("/") && !$0.hasSuffix(" (deleted)") && !$0.hasPrefix("/dev/")
    }
    return Array(paths.prefix(Self.mostFiles))
  }

  /// The beginnings of files, as far as they can be read.
  private func heads(_ paths: [String]) async throws -> [(path: String, bytes: Data)] {
    let names = paths.map(shellQuote).joined(separator: " ")
    let result = try await device.exec(
      titled(
        "the build-ids of mapped files",
        "for f in \(names); do od -An -v -tx1 -N \(Self.headBytes) \"$f\" 2>/dev/null"
          + " | tr -d ' \\n'; echo; done"),
      timeout: .seconds(120))
    let lines = result.text.split(separator: "\n", omittingEmptySubsequences: false)
    return zip(paths, lines).map { ($0, Data([UInt8](hexadecimal: $1))) }
  }
}
