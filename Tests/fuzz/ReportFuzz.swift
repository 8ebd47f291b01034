import FleetReports

/// A report of a fielded device, with the checksum that its bytes should have: what is read has one
/// form, and fits what it may hold.
@Sendable func fuzzReport(_ input: [UInt8]) {
  let bytes = FleetReport.sealed(input)
  guard let report = try? FleetReport(bytes: bytes) else { return }
  check(report.bytes == bytes, "a report has one form")
  check(
    report.histograms.count <= FleetReport.maxHistograms,
    "a report has a bounded number of histograms")
  for histogram in report.histograms {
    check(histogram.buckets.count <= 528, "a histogram has the layout's buckets")
    check(
      histogram.buckets.allSatisfy { $0.count > 0 && $0.count < FieldHistogram.countLimit },
      "counts are in their range")
  }
}
