import RunRecords

/// pprof's `profile.proto`, not compressed: all runs together, with two kinds of values for each metric of
/// stacks, its events and their weight.
struct PprofFormat: StackFormat {
  let name = "pprof"
  let summary = "stacks as a protocol buffer, for pprof"

  /// Fields of `perftools.profiles.Profile`.
  private enum Field {
    static let sampleType = 1
    static let sample = 2
    static let location = 4
    static let function = 5
    static let strings = 6
    static let time = 9
    static let duration = 10
    static let comment = 13
    static let defaultSampleType = 14
  }

  func bytes(_ runs: [RecordedRun]) -> [UInt8] {
    let all = runs.flatMap(\.stacks)
    let metrics = Set(all.map(\.metric)).sorted()
    var strings = Strings()
    var frames: [StackFrame: UInt64] = [:]
    var ordered: [StackFrame] = []
    func location(_ frame: StackFrame) -> UInt64 {
      if let known = frames[frame] { return known }
      ordered.append(frame)
      frames[frame] = UInt64(ordered.count)
      return UInt64(ordered.count)
    }
    var writer = ProtobufWriter()
    let types = metrics.flatMap { metric in
      let unit = all.first { $0.metric == metric }?.unit ?? ""
      return [["\(metric) events", "count"], [metric, unit == "ns" ? "nanoseconds" : unit]]
    }
    for names in types {
      let places = names.map { strings.place($0) }
      writer.message(Field.sampleType) { type in
        for (field, place) in places.enumerated() { type.integer(field + 1, place) }
      }
    }
    for folded in all {
      let place = 2 * (metrics.firstIndex(of: folded.metric) ?? 0)
      for stack in folded.stacks {
        // The innermost first.
        let locations = stack.frames.reversed().map(location)
        var values = [UInt64](repeating: 0, count: types.count)
        values.replaceSubrange(place..<(place + 2), with: [stack.count, stack.sum])
        writer.message(Field.sample) { sample in
          sample.varints(1, packed: locations)
          sample.varints(2, packed: values)
        }
      }
    }
    for (index, frame) in ordered.enumerated() {
      let id = UInt64(index + 1)
      let name = strings.place(frame.name)
      let file = strings.place(frame.side == .kernel ? "[kernel]" : "")
      writer.message(Field.location) { location in
        location.integer(1, id)
        location.message(4) { line in line.integer(1, id) }
      }
      writer.message(Field.function) { function in
        function.integer(1, id)
        function.integer(2, name)
        function.integer(3, name)
        function.integer(4, file)
      }
    }
    let about = runs.map { run in
      strings.place(run.facts.map { "\($0.name) \($0.value)" }.joined(separator: ", "))
    }
    let usual = strings.place(metrics.first ?? "")
    for text in strings.all { writer.text(Field.strings, text) }
    if let created = runs.map(\.created.timeIntervalSince1970).min() {
      // A clock that makes no sense gives a time that makes none, within an int64.
      writer.integer(Field.time, UInt64(min(max(0, created), 9e9)) * 1_000_000_000)
    }
    writer.integer(Field.duration, all.reduce(0) { $0 &+ $1.durationNs })
    for text in about { writer.integer(Field.comment, text) }
    writer.integer(Field.defaultSampleType, usual)
    return writer.bytes
  }

  /// Every text once; the empty one is the first.
  private struct Strings {
    private(set) var all = [""]
    private var places: [String: UInt64] = ["": 0]

    mutating func place(_ text: String) -> UInt64 {
      if let known = places[text] { return known }
      places[text] = UInt64(all.count)
      all.append(text)
      return UInt64(all.count - 1)
    }
  }
}
