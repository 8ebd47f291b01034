import Foundation
import RunRecords

/// The file format of speedscope: a sampled profile for each metric of stacks of each run.
struct SpeedscopeFormat: StackFormat {
  let name = "speedscope"
  let summary = "stacks as JSON, for speedscope.app"

  private struct Document: Encodable {
    struct Shared: Encodable {
      var frames: [Frame]
    }

    struct Frame: Encodable {
      var name: String
      /// Here: whose code it is.
      var file: String?
    }

    struct Profile: Encodable {
      var type = "sampled"
      var name: String
      var unit: String
      var startValue: UInt64 = 0
      var endValue: UInt64
      /// Indices of frames, the outermost first.
      var samples: [[Int]]
      var weights: [UInt64]
    }

    var schema = "https://www.speedscope.app/file-format-schema.json"
    var exporter = "latgate"
    var name: String
    var activeProfileIndex = 0
    var shared: Shared
    var profiles: [Profile]

    private enum CodingKeys: String, CodingKey {
      case schema = "$schema"
      case exporter, name, activeProfileIndex, shared, profiles
    }
  }

  func bytes(_ runs: [RecordedRun]) throws -> [UInt8] {
    var frames: [StackFrame] = []
    var places: [StackFrame: Int] = [:]
    func place(_ frame: StackFrame) -> Int {
      if let known = places[frame] { return known }
      places[frame] = frames.count
      frames.append(frame)
      return frames.count - 1
    }
    let profiles = runs.flatMap { run in
      run.stacks.map { folded in
        Document.Profile(
          name: MetricID(name: folded.metric, phase: folded.phase).text
            + (runs.count > 1 ? ", run \(run.id)" : ""),
          unit: folded.unit == "ns" ? "nanoseconds" : "none", endValue: folded.total,
          samples: folded.stacks.map { $0.frames.map(place) }, weights: folded.stacks.map(\.sum))
      }
    }
    let document = Document(
      name: runs.first?.facts.map(\.value).joined(separator: ", ") ?? "",
      shared: .init(
        frames: frames.map { frame in
          Document.Frame(name: frame.name, file: frame.side == .kernel ? "[kernel]" : nil)
        }), profiles: profiles)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(document))
  }
}
