import ArgumentParser
import Jobs

/// What shells offer for names; `ci/install` installs the scripts that ask for it.
extension CompletionKind {
  static var suites: CompletionKind { names { words, _ in words.suites } }
  static var workloads: CompletionKind { names { words, _ in words.workloads } }
  static var pools: CompletionKind { names { words, _ in words.pools } }
  static var probes: CompletionKind { names { words, _ in words.probes } }
  static var metrics: CompletionKind { names { words, _ in words.metrics } }
  static var firmwares: CompletionKind { names { words, _ in words.firmwares } }
  static var devices: CompletionKind { names { words, _ in await words.devices() } }
  static var events: CompletionKind {
    names { words, prefix in await words.events(prefix: prefix) }
  }

  private static func names(
    _ list: @escaping @Sendable (NameCompletion, _ prefix: String) async -> [String]
  ) -> CompletionKind {
    .custom { words, _, prefix in await list(NameCompletion(words: words), prefix) }
  }
}
