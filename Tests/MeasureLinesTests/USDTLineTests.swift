import KernelEvents
import Testing

@testable import Catalogs

/// Lines over USDT probes of programs and libraries.
struct USDTLineTests {
  typealias Broken = BrokenLineTests.Broken

  private static func file(_ path: String) -> KnownFile {
    var file = KnownFile(path: path)
    file.functions = ["main", "work"]
    switch path {
    case "/usr/bin/app":
      let number = KnownFile.Argument(size: 4, isSigned: true)
      file.usdt = [
        .init(
          name: "app:request_begin",
          arguments: [
            number, .init(size: 8, isSigned: false),
            .init(size: 8, isSigned: false, objection: "is '8f@%xmm0', which is no integer"),
            .init(size: 2, isSigned: false),
          ]),
        .init(name: "app:request_end", arguments: [number]),
        .init(name: "app:idle"), .init(name: "lib:idle"),
      ]
    case "/usr/lib/libx.so":
      file.usdt = [.init(name: "x:done", arguments: [.init(size: 8, isSigned: false)])]
    case "/usr/bin/broken": file.usdtObjection = "the USDT note at byte 0 is cut off"
    case "/usr/bin/go":
      file.functions = ["main.main"]
      file.goVersion = "go1.19.8"
    case "/usr/bin/none": return KnownFile(path: path, objection: "is no file of the device")
    default: break
    }
    return file
  }

  private static func question(_ line: String) throws(MeasureError) -> MeasureQuestion {
    let parsed = try MeasureLine.parse(line)
    let places = MeasureQuestion.places(of: parsed)
    var known = KnownEvents()
    known.file = places.first.map { file($0.path) }
    known.endFile = places.dropFirst().first.map { file($0.path) }
    return try MeasureQuestion(parsed, kernel: known)
  }

  private func metric(_ line: String) throws -> (metric: ProbeMetric, table: SpanTable) {
    let metric = try #require(try Self.question(line).probe.metrics.first)
    return (metric, try #require(metric.table))
  }

  @Test("a probe alone is counted, with its arguments as labels, values and conditions")
  func single() throws {
    for name in ["usdt:/usr/bin/app:app:request_begin", "U:/usr/bin/app:request_begin"] {
      let (metric, table) = try metric("count \(name) by arg0,arg1,arg3 where arg0 >= -1")
      let event = table.spans[0].to
      #expect(event.usdt == .init(provider: "app", name: "request_begin"))
      #expect(event.file == "/usr/bin/app" && event.function == nil && event.rungs == [.uprobe])
      #expect(event.hook == "app_request_begin" && metric.unit == "events")
      #expect(metric.key.map(\.size) == [4, 8, 4])
      #expect(metric.key.map(\.kind) == [.signed, .number, .number])
      #expect(event.conditions.map(\.values) == [[UInt64(bitPattern: -1)]])
      #expect(!table.isWritable && !table.isInT0([]))
    }
    let (hist, values) = try metric("hist usdt:/usr/bin/app:app:request_begin.arg1 by pid")
    #expect(hist.kind == .histogram && values.value == "arg1")
    let (_, rows) = try metric("events usdt:/usr/bin/app:app:request_begin")
    #expect(rows.columns.map(\.name) == ["time", "tid", "arg0", "arg1", "arg3"])
    #expect(rows.columns.map(\.kind) == [.number, .number, .signed, .number, .number])
    #expect(try metric("ustack usdt:/usr/bin/app:app:idle").table.stack == .user)
  }

  @Test("a time goes from one probe to another, or to a function, on the same thread")
  func spans() throws {
    let app = "usdt:/usr/bin/app:app"
    let (metric, table) = try metric("\(app):request_begin ~ \(app):request_end label arg0,arg1")
    let span = table.spans[0]
    #expect(table.by == ["tid"] && table.unmatched == .loss)
    #expect(span.from.usdt?.name == "request_begin" && span.to.usdt?.name == "request_end")
    // What both have is the end's.
    #expect(span.to.fields.map(\.name) == ["arg0"] && span.from.fields.map(\.name) == ["arg1"])
    #expect(metric.key.map(\.size) == [4, 8])
    let files = try self.metric("\(app):request_begin ~ usdt:/usr/lib/libx.so:x:done by arg1=arg0")
    #expect(files.table.by == ["arg1"])
    #expect(files.table.spans[0].to.file == "/usr/lib/libx.so")
    #expect(files.table.spans[0].to.fields.map(\.source) == [.argument(0)])
    let function = try self.metric("\(app):request_begin ~ uretprobe:/usr/bin/app:work label ret")
    #expect(function.table.spans[0].to.place == .return)
    #expect(function.table.spans[0].to.function == "work")
    let reverse = try self.metric("/usr/bin/app:work ~ \(app):idle where arg2 > 4 label class")
    #expect(reverse.table.spans[0].from.conditions.map(\.field) == ["arg2"])
    #expect(reverse.table.unmatched == .ignored)
  }

  @Test("a saved line is the same probe again")
  func saved() throws {
    let app = "usdt:/usr/bin/app:app"
    for line in [
      "count \(app):request_begin by arg1 where arg0 in (1, 2)", "hist \(app):request_begin.arg3",
      "events \(app):request_begin", "\(app):request_begin ~ \(app):request_end by arg0 label arg1",
      "\(app):request_begin ~ uretprobe:/usr/bin/app:work label ret",
      "/usr/bin/app:work ~ \(app):idle by tid", "\(app):idle ~ /usr/bin/app:work",
      "uretprobe:/usr/bin/app:work ~ \(app):request_end by tid",
    ] {
      let probe = try Self.question(line).probe
      let read = try ProbeManifest.parse(ManifestText(probe).text, file: "x.yaml")
      #expect(read.metrics.first?.table == probe.metrics.first?.table, "\(line)")
      #expect(read.metrics.first?.key == probe.metrics.first?.key, "\(line)")
    }
  }

  // MARK: broken lines

  private static let app = "usdt:/usr/bin/app"
  private static let all: [Broken] = [
    .init(
      "count \(app):app:request_begn", at: "app:request_begn", "app:request_begin",
      "no USDT probe 'app:request_begn'"),
    .init(
      "count \(app):apq:request_end", at: "apq:request_end", "app:request_end", "no USDT probe"),
    .init("count \(app):requestend", at: "requestend", "app:request_end", "no USDT probe"),
    .init("count \(app):idle", at: "idle", "app:idle", "several providers"),
    .init("count \(app)", at: "", "\(app):app:request_begin", "the probe is missing"),
    .init(
      "count usdt:/usr/bin/bare:app:idle", at: "/usr/bin/bare", nil, "has no USDT probes"),
    .init(
      "count usdt:/usr/bin/broken:app:idle", at: "/usr/bin/broken", nil, "is cut off"),
    .init("count usdt:/usr/bin/none:a:b", at: "/usr/bin/none", nil, "no file of the device"),
    .init("count usdt:app:a:b", at: "app", nil, "is no path"),
    .init("\(app):app:idle", at: "\(app):app:idle", "count \(app):app:idle", "one place"),
    .init("\(app):app:idle ~ \(app):app:idle", at: "\(app):app:idle", nil, "are one probe"),
    .init("\(app):app:idle ~ sched:sched_switch", at: "sched:sched_switch", nil, "the kernel's"),
    .init(
      "\(app):app:idle ~ usdt:/usr/lib/libx.so:x:dnoe", at: "x:dnoe", "x:done", "no USDT probe"),
    .init("\(app):app:idle ~ /usr/bin/app:wrok", at: "wrok", "work", "no function 'wrok'"),
    .init("\(app):app:idle ~ /usr/bin/go:main.main", at: "main.main", nil, "function of Go"),
    .init("count \(app):app:idle by arg0", at: "arg0", nil, "has 0 arguments"),
    .init("count \(app):app:request_end by arg1", at: "arg1", "arg0", "has 1 arguments"),
    .init("count \(app):app:request_begin by arg2", at: "arg2", "arg0", "8f@%xmm0"),
    .init("count \(app):app:request_end by sector", at: "sector", nil, "has no 'sector'"),
    .init("hist \(app):app:request_begin", at: "", "\(app):app:request_begin.arg0", "is missing"),
    .init("hist \(app):app:request_begin.arg2", at: "arg2", "arg0", "8f@%xmm0"),
    .init("count \(app):app:request_begin where arg1 == -1", at: "-1", "1", "never negative"),
    .init(
      "count \(app):app:request_begin where arg3 > 65536", at: "65536", "65535", "does not fit"),
    .init(
      "\(app):app:request_begin ~ \(app):app:request_end label arg7", at: "arg7", "arg0",
      "has 1 arguments"),
    .init(
      "\(app):app:request_begin ~ \(app):app:request_end by arg1", at: "arg1", "arg0",
      "has 1 arguments"),
    .init(
      "\(app):app:request_begin ~ \(app):app:request_end by dev", at: "dev", nil, "has no 'dev'"),
  ]

  @Test("every wrong line is refused with its place and the right remedy", arguments: all)
  func broken(_ broken: Broken) throws {
    do throws(MeasureError) {
      _ = try Self.question(broken.line)
      Issue.record("\(broken.line) is taken")
    } catch { try broken.expect(error) }
  }
}
