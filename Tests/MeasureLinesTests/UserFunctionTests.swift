import KernelEvents
import Testing

@testable import Catalogs

/// Lines over functions of programs and libraries.
struct UserFunctionTests {
  typealias Broken = BrokenLineTests.Broken

  /// What was found at the path of a line.
  private static func known(_ path: String?) -> KnownEvents {
    var known = KnownEvents()
    switch path {
    case "/usr/bin/app":
      var file = KnownFile(path: "/usr/bin/app")
      file.functions = [
        "main", "work", "work_slowly", "parse_header", "init", "_ZN3app7Request6handleEv", "copy",
        "copy_avx",
      ]
      file.ambiguous = ["init": 2, "copy": 2]
      file.indirect = ["copy"]
      file.imported = ["malloc", "write"]
      file.libraries = ["libc.so.6"]
      known.file = file
    case "/usr/bin/server":
      var file = KnownFile(path: "/usr/bin/server")
      file.functions = [
        "main.main", "main.handle", "main.(*Server).Serve", "net/http.(*conn).serve", "crosscall",
      ]
      file.goVersion = "go1.19.8"
      file.keepsGoroutine = true
      known.file = file
    case "/usr/bin/old":
      var file = KnownFile(path: "/usr/bin/old")
      file.functions = ["main.main", "main.handle"]
      file.goVersion = "go1.16"
      known.file = file
    case "/usr/bin/narrow":
      var file = KnownFile(path: "/usr/bin/narrow")
      file.functions = ["work"]
      file.thumb = ["work"]
      known.file = file
    case "/usr/bin/bare": known.file = KnownFile(path: "/usr/bin/bare")
    case "/usr/bin/ap":
      known.file = KnownFile(
        path: "/usr/bin/ap", objection: "is no file of the device", suggestion: "/usr/bin/app")
    case "/etc/passwd":
      known.file = KnownFile(
        path: "/etc/passwd", objection: "is no program or library: not an ELF file")
    case "app":
      known.file = KnownFile(
        path: "app", objection: "is no path from the root", suggestion: "/usr/bin/app")
    default: break
    }
    return known
  }

  private static func question(
    _ line: String, _ returns: SpanEvent.Returns = .auto
  ) throws(MeasureError) -> MeasureQuestion {
    let parsed = try MeasureLine.parse(line)
    return try MeasureQuestion(
      parsed, kernel: known(MeasureQuestion.places(of: parsed).first?.path), returns: returns)
  }

  private func table(_ line: String) throws -> SpanTable {
    try #require(try Self.question(line).probe.metrics.first?.table)
  }

  @Test("a function of a program is measured from its entry to its return")
  func function() throws {
    for line in [
      "/usr/bin/app:work", "uprobe:/usr/bin/app:work", "u:/usr/bin/app:work",
      "uretprobe:/usr/bin/app:work by tid", "'/usr/bin/app:work'",
    ] {
      let table = try table(line)
      let (begin, end) = (table.spans[0].from, table.spans[0].to)
      #expect(begin.file == "/usr/bin/app" && end.file == begin.file)
      #expect(begin.function == "work" && end.function == "work")
      #expect(begin.place == .entry && end.place == .return && end.rungs == [.uprobe])
      #expect(begin.hook == "work" && end.hook == "work_return")
      #expect(table.by == ["tid"])
      #expect(!table.isWritable && !table.isInT0([]))
    }
  }

  @Test("functions of Go are tied by the goroutine, and keep their names")
  func goFunction() throws {
    let table = try table("'/usr/bin/server:main.(*Server).Serve'")
    #expect(table.by == ["goroutine"])
    #expect(table.spans[0].to.function == "main.(*Server).Serve")
    #expect(table.spans[0].to.hook == "main_Server_Serve_return")
    // What C brings into it has a thread of its own.
    #expect(try self.table("/usr/bin/server:crosscall").by == ["tid"])
  }

  @Test("arguments and results are labels, values and conditions")
  func values() throws {
    let span = try table("/usr/bin/app:work label arg0,ret where arg1 > 8").spans[0]
    #expect(span.from.fields.map(\.source) == [.argument(0), .argument(1)])
    #expect(span.to.fields.map(\.source) == [.result])
    let hist = try table("hist /usr/bin/server:main.handle.ret by comm")
    #expect(hist.value == "ret" && hist.spans[0].to.place == .return)
    #expect(hist.spans[0].to.function == "main.handle")
    let argument = try table("hist /usr/bin/server:main.handle.arg0")
    #expect(argument.value == "arg0" && argument.spans[0].to.place == .entry)
    let count = try table("count /usr/bin/server:main.handle by comm")
    #expect(count.value == nil && count.spans[0].to.function == "main.handle")
    #expect(try table("ustack /usr/bin/app:work").stack == .user)
  }

  @Test("a saved line is the same probe again")
  func saved() throws {
    for (line, returns) in [
      ("/usr/bin/app:work label ret", SpanEvent.Returns.sites),
      ("'/usr/bin/server:main.(*Server).Serve' label class", .auto),
      ("count /usr/bin/server:main.handle by comm", .auto),
      ("hist /usr/bin/app:work.ret", .uretprobe),
    ] {
      let probe = try Self.question(line, returns).probe
      let read = try ProbeManifest.parse(ManifestText(probe).text, file: "x.yaml")
      #expect(read.metrics.first?.table == probe.metrics.first?.table, "\(line)")
      #expect(read.metrics.first?.key == probe.metrics.first?.key)
    }
  }

  @Test(
    "manifests say what of a file or its probes does not fit",
    arguments: [
      ("{function: f, returns: auto}", "functions of processes"),
      ("{file: /bin/x}", "neither 'event' nor 'function'"),
      ("{event: a/b, file: /bin/x, function: f}", "of processes"),
      ("{function: f, file: bin/x}", "path"),
      ("{function: f, rungs: [uprobe]}", "uprobe"),
      ("{function: f, file: /bin/x, rungs: [kprobe]}", "uprobe only"),
      ("{function: f, file: /bin/x, returns: never}", "never"),
      ("{usdt: 'a:b'}", "needs a file"), ("{usdt: b, file: /bin/x}", "USDT probe"),
      ("{usdt: 'a:b', file: /bin/x, function: f}", "a place of its own"),
      ("{usdt: 'a:b', file: /bin/x, event: a/b}", "of processes"),
      ("{usdt: 'a:b', file: /bin/x, returns: auto}", "has no return"),
      ("{usdt: 'a:b', file: /bin/x, rungs: [kprobe]}", "uprobe only"),
      ("{usdt: 'a:b', file: /bin/x, fields: {r: ret}}", "which only the return"),
    ])
  func manifests(_ event: String, _ says: String) throws {
    let text = """
      probe: x
      title: t
      question: q
      cost: low
      privacy: none
      metrics:
        - metric: x.count
          help: h
          kind: counter
          unit: calls
          at: [\(event)]
      """
    let error = try #require(throws: (any Error).self) {
      try ProbeManifest.parse(text, file: "x.yaml")
    }
    #expect("\(error)".contains(says), "\(error)")
  }

  // MARK: broken lines

  private static let all: [Broken] = [
    .init("/usr/bin/ap:work", at: "/usr/bin/ap", "/usr/bin/app", "no file of the device"),
    .init("uprobe:app:work", at: "app", "/usr/bin/app", "no path"),
    .init("/etc/passwd:work", at: "/etc/passwd", nil, "no program or library"),
    .init("/usr/bin/app", at: "", "/usr/bin/app:main", "the function is missing"),
    .init("/usr/bin/app:", at: "", "/usr/bin/app:main", "the function is missing"),
    .init("/usr/bin/server:", at: "", "/usr/bin/server:main.main", "the function is missing"),
    .init("/usr/bin/app:wrok", at: "wrok", "work", "no function 'wrok'"),
    .init("/usr/bin/app:parse_hdr", at: "parse_hdr", "parse_header", "no function"),
    .init("/usr/bin/app:parseHeader", at: "parseHeader", "parse_header", "no function"),
    .init("/usr/bin/app:handle", at: "handle", "_ZN3app7Request6handleEv", "no function"),
    .init("/usr/bin/server:handle", at: "handle", "main.handle", "no function"),
    .init("/usr/bin/server:Serve", at: "Serve", "main.(*Server).Serve", "no function"),
    .init("/usr/bin/server:main.hanlde", at: "main.hanlde", "main.handle", "no function"),
    .init("/usr/bin/bare:work", at: "work", nil, "stripped"),
    .init("/usr/bin/app:malloc", at: "/usr/bin/app", nil, "function of a library"),
    .init("/usr/bin/app:init", at: "init", nil, "2 functions"),
    .init("/usr/bin/app:copy", at: "copy", "copy_avx", "only chooses"),
    .init("/usr/bin/narrow:work", at: "work", nil, "Thumb"),
    .init("/usr/bin/app:work by dev", at: "dev", "tid", "tied to its entry by the thread"),
    .init("/usr/bin/app:work by goroutine", at: "goroutine", "tid", "no function of Go"),
    .init("/usr/bin/server:main.handle by tid", at: "tid", "goroutine", "change threads"),
    .init("/usr/bin/old:main.handle", at: "main.handle", nil, "go1.16"),
    .init("/usr/bin/app:work ~ /usr/bin/app:main", at: "/usr/bin/app:main", nil, "alone"),
    .init("block:a ~ /usr/bin/app:main by tid", at: "/usr/bin/app:main", nil, "alone"),
    .init("/usr/bin/app:work label retv", at: "retv", "ret", "no 'retv'"),
    .init("/usr/bin/app:work label arg7", at: "arg7", "arg0", "no 'arg7'"),
    .init("/usr/bin/app:work where arg0 >", at: "", nil, "is missing"),
    .init("/usr/bin/app:work wher arg0 > 1", at: "wher", "where", "no part of a line"),
    .init("hist /usr/bin/app:work", at: "", "/usr/bin/app:work.arg0", "the value is missing"),
    .init("hist /usr/bin/app:wrok.ret", at: "wrok", "work", "no function"),
    .init("hist /usr/bin/app:work.arg9", at: "arg9", "arg0", "no number 'arg9'"),
    .init("count /usr/bin/app:work by sector", at: "sector", nil, "has no 'sector'"),
    .init("cuont /usr/bin/app:work", at: "cuont", "count", "nothing to ask of events"),
    .init(
      "'/usr/bin/server:main.(*Server).Serv'", at: "main.(*Server).Serv", "main.(*Server).Serve",
      "no function"),
  ]

  private static func fault(_ line: String, _ returns: SpanEvent.Returns = .auto) -> MeasureError? {
    do throws(MeasureError) {
      _ = try question(line, returns)
      return nil
    } catch { return error }
  }

  @Test("every wrong line is refused with its place and the right remedy", arguments: all)
  func broken(_ broken: Broken) throws {
    try broken.expect(Self.fault(broken.line))
  }

  @Test("a uretprobe on Go is refused whatever is asked of the return")
  func uretprobe() throws {
    for line in ["/usr/bin/server:main.handle", "hist /usr/bin/server:main.handle.ret"] {
      let fault = try #require(Self.fault(line, .uretprobe))
      #expect(fault.message.contains("crashes programs of Go"))
      #expect(Self.fault(line, .sites) == nil)
    }
    #expect(Self.fault("/usr/bin/app:work", .uretprobe) == nil)
  }

  @Test(
    "a way to see returns is refused for lines that see none",
    arguments: [
      "count /usr/bin/app:work", "hist /usr/bin/app:work.arg0", "ustack /usr/bin/app:work",
      "vfs_read", "count vfs_read", "hist vfs_read.ret",
    ])
  func needlessReturns(_ line: String) throws {
    #expect(Self.fault(line) == nil)
    for returns in [SpanEvent.Returns.sites, .uretprobe] {
      let fault = try #require(Self.fault(line, returns))
      #expect(fault.message.contains("--returns needs"))
    }
    #expect(Self.fault("count uretprobe:/usr/bin/app:work", .sites) == nil)
  }
}
