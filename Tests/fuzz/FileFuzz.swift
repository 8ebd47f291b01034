import Catalogs
import Foundation
import PerfettoTraces
import RunRecords

/// A trace as `fold` reads it, and as a recording with windows. What is folded adds up.
@Sendable func fuzzTrace(_ input: [UInt8]) {
  if let folded = try? TraceFolder(declarations: tables).fold(input) {
    for metric in folded.metrics {
      let total = metric.labels.reduce(0) { $0 + $1.count }
      check(total == metric.counters.recorded, "histograms hold what was recorded")
    }
  }
  let windows = [
    RecordingDirectory.Window(arm: 0, opened: 1 << 20, closed: 1 << 40, until: 1 << 41)
  ]
  _ = try? RecordingDirectory(
    windows: windows, metrics: ["runqueue.wait", "hardirq.run"], declarations: tables, agent: 1
  ).fold(input)
}

/// The tables that Tests/fold declares.
private let tables: [[UInt8]] = {
  let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../fold/spans")
  return ["fsync.latency", "hardirq.run", "reclaim.direct"].compactMap { name in
    (try? Data(contentsOf: directory.appendingPathComponent("\(name).spans"))).map { [UInt8]($0) }
  }
}()

/// A file of each kind, by the first byte, as all commands read it.
@Sendable func fuzzCatalogue(_ input: [UInt8]) {
  guard let kind = input.first else { return }
  let directories = CatalogDirectory.allCases
  let directory = directories[Int(kind) % directories.count]
  let text = String(decoding: input.dropFirst(), as: UTF8.self)
  let catalog = try? Catalog.loadSound([OneFile(directory: directory, text: text)])
  for problem in catalog?.broken.flatMap(\.problems) ?? [] {
    check(!problem.message.isEmpty && !problem.remedy.isEmpty, "a problem has words and a remedy")
  }
}

private struct OneFile: CatalogFiles {
  var directory: CatalogDirectory
  var text: String

  func displayName(_ path: String) -> String { path }
  func manifests(in directory: String) -> [String]? {
    directory == self.directory.rawValue ? ["file.yaml"] : []
  }
  func read(_ path: String) throws -> String { text }
  func exists(_ path: String) -> Bool { true }
}

/// A record; what is accepted can be written and read again. What Foundation reads is never called
/// cut off or no JSON.
@Sendable func fuzzRecord(_ input: [UInt8]) {
  let data = Data(input)
  do {
    let record = try RunRecord.decode(data, file: "f")
    guard let again = try? record.encoded() else { return }
    check((try? RunRecord.decode(again, file: "f")) == record, "a record is read as written")
  } catch .notJSON, .cutOff {
    // A lone number or text, and numbers out of range, are read by others only.
    let value = try? JSONSerialization.jsonObject(with: data)
    check(value == nil, "what is JSON is not called another thing")
  } catch {}
}
