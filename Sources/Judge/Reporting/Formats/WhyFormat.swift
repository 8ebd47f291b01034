import Foundation

/// What a program that acts on a verdict needs, in less than 8 KB: verdict, evidence, suspects, what
/// to do next.
struct WhyFormat: ReportFormat {
  let name = "why"
  let summary = "the conclusion as JSON, 8 KB at most"

  /// Bytes.
  static let limit = 8000

  func document(_ report: VerdictReport, _ layout: ReportLayout) throws -> String {
    // Fewer suspects, then shorter texts, until it fits.
    for (suspects, length) in [(12, 400), (8, 200), (4, 120), (2, 60), (0, 30)] {
      let data = try encodedJSON(Document(report, suspects: suspects, length: length))
      if data.count <= Self.limit { return String(decoding: data, as: UTF8.self) }
    }
    return String(
      decoding: try encodedJSON(Document(report, suspects: 0, length: 10)), as: UTF8.self)
  }

  private struct Document: Encodable {
    struct Suspect: Encodable {
      var metric: String
      var title: String
      var statistic: String
      var finding: String
      var reference: Double?
      var candidate: Double?
      var unit: String
      var change: Double?
      var lower: Double?
      var upper: Double?
    }

    var schema = "latgate.why/1"
    var outcome: String
    var exitCode: Int32
    var owner: String?
    var failure: String?
    var conclusion: String
    var suite: String
    var device: String
    var reference: String
    var candidate: String
    var runs: [Int]
    var evidence: String
    var confidence: Double
    var suspects: [Suspect]
    var suspectsLeftOut: Int
    var explanations: [String]
    var reasons: [String]
    var next: [String]

    init(_ report: VerdictReport, suspects most: Int, length: Int) {
      func short(_ text: String) -> String { cut(singleLine(text), to: length) }
      let conclusion = Conclusion(report)
      outcome = report.outcome.rawValue
      exitCode = report.exitCode
      owner = report.owner
      failure = report.failure
      self.conclusion = short(conclusion.sentence)
      suite = short(report.suite)
      device = short(report.target)
      reference = short(report.reference.fullName)
      candidate = short(report.candidate.fullName)
      runs = [report.reference.runs, report.candidate.runs]
      evidence = report.grade
      confidence = report.confidence
      let notable = report.rows.filter {
        $0.isRegression || $0.finding == .invalid || $0.finding == .probeLost
          || ($0.isBlocking && !$0.isWaived)
      }.sorted {
        ($0.isRegression ? 0 : 1, -abs($0.change ?? 0)) < (
          $1.isRegression ? 0 : 1, -abs($1.change ?? 0)
        )
      }
      suspects = notable.prefix(most).map { row in
        Suspect(
          metric: short(row.metric), title: short(report.title(of: row.metric)),
          statistic: row.statistic, finding: row.finding.rawValue, reference: row.reference,
          candidate: row.candidate, unit: short(row.unit), change: row.change, lower: row.lower,
          upper: row.upper)
      }
      suspectsLeftOut = notable.count - suspects.count
      explanations = report.why.prefix(4).map(short)
      reasons = report.reasons.prefix(4).map(short)
      next = report.next.prefix(4).map(short)
    }
  }
}
