/// Picks the source that serves a Debian suite out of the machine's own ones.
package struct AptSourceChoice: Sendable {
  private static let codeNames: Set<String> = [
    "buster", "bullseye", "bookworm", "trixie", "forky", "sid", "oldoldstable", "oldstable",
    "stable", "testing", "unstable",
  ]

  private let sources: [AptSource]

  /// - Parameter sources: everything read from the apt configuration, in its order.
  package init(sources: [AptSource]) {
    self.sources = sources.filter { source in
      source.servesMain && source.suites.contains { Self.isDebian(suite: $0) }
    }
  }

  /// The source to take `suite` from, or nil where no source of Debian `main` is configured.
  ///
  /// A source that names the suite wins. Otherwise a suite of the main archive is taken from the
  /// archive which serves other main suites, and `*-security` from the security archive: a mirror
  /// carries all suites of its archive.
  package func source(suite: String) -> AptSource? {
    let security = suite.hasSuffix("-security")
    let candidates = sources.filter { source in
      source.suites.contains(suite)
        || source.suites.contains {
          Self.isDebian(suite: $0) && $0.hasSuffix("-security") == security
        }
    }
    let best = candidates.enumerated().max { left, right in
      let (a, b) = (score(left.element, suite), score(right.element, suite))
      return a == b ? left.offset > right.offset : a < b
    }
    return best?.element
  }

  /// Third parties also name their suites after Debian's; keyring and path distinguish them.
  private func score(_ source: AptSource, _ suite: String) -> Int {
    var score = source.suites.contains(suite) ? 1 : 0
    if source.options["signed-by"]?.contains("debian-archive") == true { score += 4 }
    let path = source.uri.split(separator: "/").map(String.init)
    if path.contains("debian") || path.contains("debian-security") { score += 2 }
    return score
  }

  private static func isDebian(suite: String) -> Bool {
    codeNames.contains(suite.split(separator: "-").first.map(String.init) ?? "")
  }
}
