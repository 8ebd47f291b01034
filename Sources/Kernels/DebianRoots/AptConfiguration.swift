import Foundation
import HostTools

/// What the machine's own apt knows: where packages come from and how to get there.
struct AptConfiguration: Sendable {
  /// Sources in the order apt reads them.
  var sources: [AptSource]
  /// Proxy, certificate and retry settings as lines of apt.conf(5).
  var transport: [String]

  /// Reads `/etc/apt/sources.list`, `/etc/apt/sources.list.d` and `apt-config dump`.
  ///
  /// - Throws: `HostToolError` where apt itself is missing.
  static func ofThisMachine() async throws -> AptConfiguration {
    AptConfiguration(sources: readSources(etc: "/etc/apt"), transport: try await readTransport())
  }

  /// Unreadable files count as empty, as apt-get itself would say what is wrong with them.
  static func readSources(etc: String) -> [AptSource] {
    func text(_ path: String) -> String {
      FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    var sources = AptSourceParser.parseOneLine(text("\(etc)/sources.list"))
    let directory = "\(etc)/sources.list.d"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    for name in names.sorted() {
      if name.hasSuffix(".list") {
        sources += AptSourceParser.parseOneLine(text("\(directory)/\(name)"))
      } else if name.hasSuffix(".sources") {
        sources += AptSourceParser.parseDeb822(text("\(directory)/\(name)"))
      }
    }
    return sources
  }

  private static func readTransport() async throws -> [String] {
    let made = try await HostTool(name: "apt-config", package: "apt").run(["dump"])
    return transport(inDump: String(decoding: made.output, as: UTF8.self))
  }

  /// Keeps the settings that decide whether the mirror can be reached at all.
  static func transport(inDump dump: String) -> [String] {
    let prefixes = ["acquire::http::", "acquire::https::", "acquire::retries"]
    return dump.split(whereSeparator: \.isNewline).map(String.init).filter { line in
      prefixes.contains { line.lowercased().hasPrefix($0) } && !line.hasSuffix(" \"\";")
    }
  }
}
