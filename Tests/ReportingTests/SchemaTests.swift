import ForeignReaders
import Foundation
import RunRecords
import Testing

@testable import Reporting

/// Documents for programs, against the schemas that users get.
@Suite(.enabled(if: ForeignReader.has("jsonschema"), "python3-jsonschema is not installed"))
struct SchemaTests {
  /// What a validator has to say; empty when the document fits.
  private func faults(_ text: String, schema: String) throws -> String {
    let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/schema").standardized.path
    return try ForeignReader.run(
      """
      import json, sys, jsonschema
      schema = json.load(open("\(directory)/\(schema).json"))
      jsonschema.Draft202012Validator.check_schema(schema)
      for fault in jsonschema.Draft202012Validator(schema).iter_errors(json.load(sys.stdin)):
          print(fault.json_path, fault.message[:200])
      """, input: text)
  }

  private func reports() throws -> [VerdictReport] {
    var doubtful = verdictReport
    doubtful.outcome = .inconclusive
    doubtful.owner = "rack"
    doubtful.cause = "too few runs"
    doubtful.why = ["nothing measured says why"]
    doubtful.rates = [
      .init(
        metric: "memory.faults", unit: "{faults}",
        reference: .init(median: 2, lowest: 1, highest: 3), candidate: nil)
    ]
    let arm = VerdictReport.Deadline.Arm(
      runs: 4, operations: 100, least: 1, most: 2, lower: 0, upper: 0.1, runsLower: 0,
      runsUpper: 0.2, worst: 9)
    doubtful.deadlines = [
      .init(
        metric: "a.b", limit: 5, allowed: 0, state: .missed, candidate: arm, reference: arm,
        lower: 0, upper: 0.1, p: 0.5, unknown: 0, isWaived: false, text: "1 of 100"),
      .init(
        metric: "a.c", limit: 5, allowed: 0, state: .unmeasured, unknown: 0, isWaived: false,
        text: "none"),
    ]
    return [
      verdictReport, doubtful, try slowReport.get(),
      try unchangedReport.get(),
    ]
  }

  @Test(arguments: [("json", "report-1"), ("why", "why-1")])
  func reportsFitTheirSchema(format: String, schema: String) throws {
    for report in try reports() {
      #expect(try faults(try document(report, format), schema: schema) == "")
    }
  }

  /// A record of every kind of result, one of the version before, and what is written now.
  @Test func recordsFitTheirSchema() throws {
    let kept = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../RunRecordsTests/Fixtures").standardized
    func text(_ name: String) throws -> String {
      try String(contentsOf: kept.appendingPathComponent(name), encoding: .utf8)
    }
    #expect(try faults(text("run.json"), schema: "run-record-2") == "")
    #expect(try faults(text("run-1.json"), schema: "run-record-1") == "")
    #expect(
      try faults(String(decoding: record().encoded(), as: UTF8.self), schema: "run-record-2") == "")
    #expect(
      try faults(
        text("run.json").replacing("\"kind\":\"counter\"", with: "\"kind\":\"poem\""),
        schema: "run-record-2"
      ).hasPrefix("$.iterations[0].phases[0].results[1]"))
  }

  @Test(arguments: [("json", "report-1"), ("why", "why-1")])
  func aSchemaFindsWhatIsMissing(format: String, schema: String) throws {
    let text = try document(verdictReport, format)
      .replacing("\"outcome\" : \"regression\"", with: "\"outcome\" : \"bad\"")
    #expect(try faults(text, schema: schema).hasPrefix("$.outcome "))
  }
}
