import Catalogs
import KernelEvents
import Testing

@testable import ProbePrograms

struct SpanTemplateTests {
  private static let table = """
      - metric: x.time
        help: h
        unit: ns
        spans:
          - from: {event: a/b, fields: [dev, size], where: {size: "> 8"}}
            to: {event: a/c, fields: {dev: record.disk, error: record.error}}
        by: [dev]
        key: [{field: error, size: 4, kind: signed}, {field: size, size: 8}]
    """

  @Test("a table over records is measured by prepared programs, with the key's words filled up")
  func metric() throws {
    let template = try #require(SpanTemplate(try TestManifest.parse(metrics: Self.table)))
    #expect(template.kind == .spans)
    #expect(template.events == ["a/b", "a/c"])
    #expect(template.metric.keySize == 24)
    let labels = template.metric.labels(
      ofKey: [0xfb, 0xff, 0xff, 0xff, 1, 0, 0, 0, 1, 0, 0, 0] + Array(repeating: 0, count: 12)
    ) { _, _ in nil }
    #expect(labels == ["error": "-5", "size": "4294967297"])
  }

  @Test("a table without labels has one histogram on every way")
  func unlabelled() throws {
    let text = """
        - metric: x.time
          help: h
          unit: ns
          spans: [{from: {event: a/b, fields: [n]}, to: {event: a/c, fields: [n]}}]
          by: [n]
      """
    let metric = try #require(try TestManifest.parse(metrics: text).metrics.first)
    #expect(metric.labels(ofKey: [0, 0, 0, 0]) { _, _ in nil } == [:])
    // One label, which is the constant 0.
    let bytes = try #require(SpanDeclaration(metric)).bytes
    #expect(bytes.suffix(5) == [0xfd, 0, 0, 0, 0])
  }

  @Test("single events have objects of their own by what is made of them")
  func single() throws {
    func template(_ kind: String, _ rest: String) throws -> SpanTemplate? {
      let text = """
          - metric: x.made
            help: h
            unit: B
            kind: \(kind)
            at: [{event: a/b, fields: {n: record.n, comm: running.comm}, where: {n: "> 8"}}]
            by: [tid]
        \(rest)
        """
      return SpanTemplate(try TestManifest.parse(metrics: text))
    }
    let key = "    key: [{field: comm, size: 16, kind: text}]"
    let counts = try #require(try template("counter", "    sum: n\n" + key))
    #expect(counts.kind == .counts && counts.events == ["a/b"])
    #expect(counts.places == "tracepoint/a/b")
    #expect(counts.metric.map == "c_event" && counts.metric.keySize == 24)
    #expect(try template("histogram", "    value: n\n" + key)?.kind == .values)
    #expect(try template("stacks", key)?.metric.map == "k_event")
    let rows = try #require(
      try template("events", "    columns: [{name: n}, {name: comm, kind: text}]"))
    #expect(rows.kind == .rows && rows.metric.map == "e_event" && rows.metric.key.isEmpty)
    // More than an object keeps.
    #expect(throws: CatalogError.self) {
      try template("events", "    keep: 2000\n    columns: [{name: n}]")
    }
  }

  @Test("text that a kernel's record has no bytes for is a misfit")
  func textWithoutBytes() throws {
    let text = """
        - metric: x.made
          help: h
          unit: B
          kind: counter
          at: [{event: a/b, fields: {n: record.n, buf: record.buf}, where: {buf: "== 'x'"}}]
          by: [tid]
          sum: n
          key: [{field: n, size: 4}]
      """
    let template = try #require(SpanTemplate(try TestManifest.parse(metrics: text)))
    let format = try #require(
      EventFormat(
        """
        name: b
        format:
        	field:int n;	offset:8;	size:4;	signed:1;
        	field:char buf[];	offset:16;	size:0;	signed:0;
        """))
    #expect(
      throws: SpanTemplate.MisfitError(description: "'x' is longer than the 0 bytes of buf")
    ) {
      try template.configuration(["a/b": format], .arm64)
    }
  }

  @Test("a function alone is prepared; arguments of a tracepoint need a program of their own")
  func kinds() throws {
    let function = """
        - metric: x.time
          help: h
          unit: ns
          spans: [{from: {function: f}, to: {function: f}}]
          by: [tid]
          key: [{field: class, size: 4}]
      """
    #expect(
      SpanTemplate(try TestManifest.parse(metrics: function))?.places == "kprobe/f kretprobe/f")
    let arguments = """
        - metric: x.time
          help: h
          unit: ns
          spans: [{from: {event: a/b, fields: {n: arg0}}, to: {event: a/c, fields: {n: arg0}}}]
          by: [n]
          key: [{field: n, size: 4}]
      """
    #expect(SpanTemplate(try TestManifest.parse(metrics: arguments)) == nil)
  }
}
