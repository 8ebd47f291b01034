import Catalogs
import Foundation
import KernelEvents
import ProbePrograms

@testable import ProbeBuild

/// A span that prepared programs measure, configured for records of one number.
enum PreparedSpan {
  static let probe = "prepared"
  static let hooks = ["prepared_start", "prepared_end"]

  private static let manifest = """
    probe: prepared
    title: A span of two events
    question: How long from one to the other?
    cost: low
    privacy: none
    metrics:
      - metric: prepared.time
        help: h
        unit: ns
        spans:
          - from: {event: test/prepared_start, fields: [n]}
            to: {event: test/prepared_end, fields: [n]}
        by: [n]
        key: [{field: class, size: 4}]
    """

  private static func format(of name: String) -> EventFormat? {
    EventFormat(
      """
      name: \(name)
      ID: 1
      format:
      \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
      \tfield:unsigned long n;\toffset:8;\tsize:8;\tsigned:0;

      print fmt: ""
      """)
  }

  /// The object as a session with a device would load it.
  static func object(_ builder: ProbeBuilder) async throws -> [UInt8] {
    let manifest = try ProbeManifest.parse(manifest, file: "prepared.yaml")
    guard let template = SpanTemplate(manifest) else { throw CocoaError(.coderInvalidValue) }
    let object = try await builder.object(of: ProbeSource(manifest).prepared, abi: .arm64)
    let formats = template.events.compactMap { event in
      format(of: String(event.split(separator: "/")[1])).map { (event, $0) }
    }
    return try template.configured(
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: object.path))),
      formats: Dictionary(uniqueKeysWithValues: formats), registers: .arm64)
  }
}
