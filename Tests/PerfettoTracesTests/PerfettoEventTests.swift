import Testing
import TraceFold

@testable import PerfettoTraces

/// The kernel's events as perfetto has them.
@Suite struct PerfettoEventTests {
  @Test func fieldsHaveNumbersAndKinds() throws {
    #expect(PerfettoEvent.all.count > 500)
    let entry = try #require(PerfettoEvent.all["irq_handler_entry"])
    #expect(entry.number == 36)
    #expect(entry.fields["irq"] == PerfettoEvent.Field(number: 1, kind: .number))
    #expect(entry.fields["name"] == PerfettoEvent.Field(number: 2, kind: .text))
    let fsync = try #require(PerfettoEvent.all["ext4_sync_file_enter"])
    #expect(fsync.fields["dev"] == PerfettoEvent.Field(number: 1, kind: .device))
  }

  /// Events that are known and declared ones come from one place.
  @Test func knownKindsHaveTheirEventsNumber() throws {
    for (name, event) in PerfettoEvent.all {
      guard let kind = EventDecoding.kind(ofField: event.number) else { continue }
      #expect(lg_event_name(kind.rawValue).map { String(cString: $0) } == name)
      for number in EventDecoding.needed(kind) {
        #expect(event.fields.values.contains { $0.number == number }, "\(name) \(number)")
      }
    }
    for kind in 0..<LG_EVENT_KINDS.rawValue {
      let name = try #require(lg_event_name(kind).map { String(cString: $0) })
      let number = try #require(PerfettoEvent.all[name]?.number, "\(name)")
      #expect(EventDecoding.kind(ofField: number)?.rawValue == kind)
    }
  }

  /// Where perfetto's Python package is there.
  @Test(.enabled(if: PerfettoPython.isThere, PerfettoPython.absence))
  func definitionsAreThoseOfPerfetto() throws {
    let script = """
      from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as p
      for event in p.FtraceEvent.DESCRIPTOR.fields:
          if not event.message_type or event.name == "generic":
              continue
          print(event.number, event.name, *(
              f"{f.name}={f.number}:" + ("s" if f.type == f.TYPE_STRING else
                  "d" if f.name == "dev" and f.type == f.TYPE_UINT64 else "n")
              for f in event.message_type.fields
              if not f.is_repeated and f.type not in (f.TYPE_MESSAGE, f.TYPE_BYTES)))
      """
    let text = try #require(try PerfettoPython.output(of: script))
    let lines = text.split(separator: "\n")
    #expect(lines.count == PerfettoEvent.all.count)
    for line in lines {
      let words = line.split(separator: " ")
      let event = try #require(PerfettoEvent.all[String(words[1])], "\(words[1])")
      #expect(event.number == Int(words[0]))
      let fields = event.fields.map { name, field in
        let kind =
          switch field.kind {
          case .number: "n"
          case .text: "s"
          case .device: "d"
          }
        return "\(name)=\(field.number):\(kind)"
      }
      #expect(fields.sorted() == words.dropFirst(2).map(String.init).sorted(), "\(line)")
    }
  }
}
