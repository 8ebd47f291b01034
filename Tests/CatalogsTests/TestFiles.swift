@testable import Catalogs

/// Catalogue files in memory.
struct TestFiles: CatalogFiles {
  var texts: [String: String]
  var unreadable: Set<String> = []

  func displayName(_ path: String) -> String { path }

  func manifests(in directory: String) -> [String]? {
    let paths = Set(texts.keys).union(unreadable).filter { $0.hasPrefix(directory + "/") }
    if paths.isEmpty { return nil }
    return paths.map { String($0.dropFirst(directory.count + 1)) }
      .filter { $0.hasSuffix(".yaml") }.sorted()
  }

  func read(_ path: String) throws -> String {
    guard let text = texts[path] else { throw CocoaReadError() }
    return text
  }

  func exists(_ path: String) -> Bool { texts[path] != nil }

  private struct CocoaReadError: Error {}
}

/// The problems of a parse, as lines; empty when it succeeds.
func problems<Value>(_ parse: () throws(CatalogError) -> Value) -> [String] {
  do {
    _ = try parse()
    return []
  } catch {
    return error.problems.map(\.description)
  }
}

let runqueueManifest = """
  probe: runqueue
  title: Run-queue latency
  question: How long do runnable tasks wait before they run?
  object: runqueue.bpf.c
  cost: medium
  privacy: none
  metrics:
    - metric: runqueue.wait
      help: time from runnable to running
      unit: ns
      map: h_runqueue_wait
      counters: 0
      key:
        - field: class
          size: 4
          values: {0: workload, 1: user}
  """
