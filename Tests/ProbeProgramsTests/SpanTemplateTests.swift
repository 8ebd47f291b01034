import Catalogs
import ProbePrograms
import Testing

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
    #expect(template.kind == .events)
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
    #expect(SpanTemplate(try TestManifest.parse(metrics: function))?.kind == .function)
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
