import Foundation
import HostTools

/// One run of mmdebstrap in a work directory of its own.
struct PackageExtraction: Sendable {
  /// Lines of mmdebstrap's output that an error shows.
  private static let logLines = 15

  let root: DebianRoot
  /// An empty directory on the file system that the tree is to end up on.
  let work: String

  /// Downloads and unpacks.
  ///
  /// - Returns: the directory with the tree, inside `work`.
  func run(progress: @Sendable (String) -> Void) async throws -> String {
    let apt = try await AptConfiguration.ofThisMachine()
    let choice = AptSourceChoice(sources: apt.sources)
    let lines = try root.suites.map { suite in
      guard let source = choice.source(suite: suite) else {
        throw DebianRootError.noSource(suite: suite)
      }
      return try withKeyAsFile(source, suite: suite).line(suite: suite)
    }
    let tree = "\(work)/tree"
    try await mmdebstrap(apt: apt, target: tree, lines, progress)
    return tree
  }

  private func mmdebstrap(
    apt: AptConfiguration, target: String, _ lines: [String],
    _ progress: @Sendable (String) -> Void
  ) async throws {
    var arguments = [
      // Nothing is run inside the tree, so no chroot is needed; as root that mode is refused.
      getuid() == 0 ? "--mode=root" : "--mode=chrootless",
      "--variant=extract", "--architectures=\(root.architecture.rawValue)", "--format=directory",
      "--include=\(root.packages.joined(separator: ","))", "--skip=output/dev",
    ]
    arguments += apt.transport.map { "--aptopt=\($0)" }
    arguments += [root.suites[0], target] + lines
    var log: [String] = []
    let tool = HostTool(name: "mmdebstrap", package: "mmdebstrap")
    let outcome = try await tool.follow(arguments) { line in
      let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
      if text.isEmpty { return }
      log = log.suffix(Self.logLines - 1) + [text]
      if text.hasPrefix("I: ") { progress("\(root.name): \(text.dropFirst(3))") }
    }
    guard outcome.isSuccess else {
      throw DebianRootError.extractionFailed(
        root: root.name, status: outcome.status, log: log.joined(separator: "\n"))
    }
  }

  /// A key inside a deb822 stanza cannot be said on one line, so it becomes a file.
  private func withKeyAsFile(_ source: AptSource, suite: String) throws -> AptSource {
    guard let key = source.options["signed-by"], key.contains("BEGIN PGP") else { return source }
    var source = source
    let path = "\(work)/\(suite).asc"
    try Data((key + "\n").utf8).write(to: URL(fileURLWithPath: path))
    source.options["signed-by"] = path
    return source
  }
}
