import ForeignReaders
import Foundation
import Testing

/// The pipelines that a firmware team copies, against the public schemas of their formats.
@Suite(
  .enabled(
    if: ForeignReader.has("check_jsonschema"), "check-jsonschema is not installed: run ci/setup"))
struct PipelineTests {
  private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../ci/pipelines").standardized.path

  private func check(_ file: String, _ schema: String) throws -> String {
    try ForeignReader.run(
      """
      import sys, check_jsonschema
      sys.exit(check_jsonschema.main(["--builtin-schema", "vendor.\(schema)", "\(file)"]))
      """, input: "")
  }

  @Test(arguments: [("github.yml", "github-workflows"), ("gitlab.yml", "gitlab-ci")])
  func pipelinesFitTheirSchemas(file: String, schema: String) throws {
    #expect(try check("\(Self.directory)/\(file)", schema).contains("ok"))
  }

  /// A pipeline whose jobs are no list of steps is refused, so the check can fail.
  @Test func aBrokenPipelineIsRefused() throws {
    let file = NSTemporaryDirectory() + "latgate-pipeline-\(UUID().uuidString).yml"
    defer { try? FileManager.default.removeItem(atPath: file) }
    try "on: push\njobs: {gate: {runs-on: x, steps: {run: y}}}\n".write(
      toFile: file, atomically: true, encoding: .utf8)
    #expect(throws: ForeignReader.Refusal.self) { try check(file, "github-workflows") }
  }
}
