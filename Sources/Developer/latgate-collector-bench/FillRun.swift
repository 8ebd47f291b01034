#if Collector
  import FleetLog
  import FleetReports
  import Foundation
  import LatencyHistograms

  /// `PLACE CAMPAIGN REPORTS DEVICES HOUR`: fills an index, a file or `clickhouse://HOST:PORT/DATABASE`, with
  /// reports of 12 histograms. Each device sends one a day; HOUR since 1970 is when the firmware was offered,
  /// and the first two reports of a device are from before it.
  struct FillRun {
    private struct UsageError: Error, CustomStringConvertible {
      let description = "fill PLACE CAMPAIGN REPORTS DEVICES HOUR"
    }

    private let place: IndexPlace
    private let campaign: String
    private let reports: Int
    private let devices: Int
    private let offered: Int

    private static let batch = 5000
    private static let daysBefore = 2
    /// How much slower or faster than the middle one a device may be, in buckets of 1/16 octave.
    private static let reach = 6

    init(arguments: [String]) throws {
      guard arguments.count == 5, let reports = Int(arguments[2]), let devices = Int(arguments[3]),
        let hour = Int(arguments[4]), reports > 0, devices > 0
      else { throw UsageError() }
      place =
        arguments[0].hasPrefix("clickhouse:")
        ? try IndexPlace(clickHouse: arguments[0]) : .sqlite(path: arguments[0])
      campaign = arguments[1]
      self.reports = reports
      self.devices = devices
      offered = hour
    }

    func run() throws {
      let index = try place.open()
      let middle = SampleReports.histograms()
      let kinds = (-Self.reach...Self.reach).map { shift in
        middle.map { histogram in
          var other = histogram
          for place in other.buckets.indices { other.buckets[place].index += shift }
          return other
        }
      }
      var bytes = 0
      for first in stride(from: 0, to: reports, by: Self.batch) {
        let records = (first..<min(first + Self.batch, reports)).map {
          record($0, kinds[$0 % devices % kinds.count])
        }
        bytes += records.reduce(0) { $0 + $1.bytes.count }
        try index.add(
          records, upTo: LogPosition(segment: 1, offset: UInt64(first + records.count)))
      }
      print("reports \(reports) bytes \(bytes / reports)")
    }

    private func record(_ number: Int, _ histograms: [FieldHistogram]) -> LogRecord {
      let (device, day) = (number % devices, number / devices - Self.daysBefore)
      let isNew = device % 2 == 1 && day >= 0
      let report = FleetReport(
        campaign: campaign, manifest: 1, incarnation: UInt64(device),
        sequence: UInt32(number / devices),
        arm: UInt8(device % 2), build: isNew ? "B2" : "B1", model: "model-\(device / 2 % 4)",
        startedHour: UInt32(offered + 24 * day), uptimeMinutes: 4000, windowSeconds: 600,
        cpuMilliseconds: 800, memoryKiB: 5120, histograms: histograms)
      let bytes = report.bytes
      return LogRecord(
        id: LogRecord.id(of: bytes),
        device: DevicePseudonym(
          high: UInt64(device) &* 0x9e37_79b9_7f4a_7c15, low: UInt64(device)),
        received: UInt64(offered + 24 * day) * 3_600_000, bytes: bytes)
    }
  }
#endif
