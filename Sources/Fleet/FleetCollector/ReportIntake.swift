import FleetLog
import FleetReports
import Foundation
import Synchronization

/// Decides about each report: refuse it for good, ask for it later, or keep it.
package final class ReportIntake: Sendable {
  package struct Rules: Sendable {
    /// Requests of a device that may come at once, such as a spool after an outage.
    package var burst = 128
    package var perDay = 128
    /// Campaigns whose reports are taken; empty = all.
    package var campaigns: Set<String> = []

    package init() {}
  }

  private let log: ReportLog
  private let key: PseudonymKey
  private let rules: Rules
  private let quota: Mutex<DeviceQuota>
  private let metrics: CollectorMetrics
  private let owners: SlotOwners

  package init(
    log: ReportLog, key: PseudonymKey, rules: Rules, metrics: CollectorMetrics, owners: SlotOwners
  ) {
    self.owners = owners
    self.log = log
    self.key = key
    self.rules = rules
    self.metrics = metrics
    quota = Mutex(DeviceQuota(burst: rules.burst, perDay: rules.perDay))
  }

  /// - Parameters:
  ///   - name: of the device, from its certificate.
  ///   - id: as the request names it.
  ///   - bytes: the body.
  ///   - now: milliseconds since 1970 (UTC).
  /// - Returns: an answer with status 200 only when the report is on the disk.
  package func take(
    name: String, id: String, bytes: [UInt8], now: UInt64
  ) async -> IntakeAnswer {
    if let wait = quota.withLock({ $0.take(name, now: now) }) {
      return IntakeAnswer(429, "this device sent too much", retryAfter: wait)
    }
    guard bytes.count <= FleetReport.maxSize else {
      return IntakeAnswer(413, "a report has at most \(FleetReport.maxSize) bytes")
    }
    guard let stated = ReportID(text: id) else {
      return IntakeAnswer(400, "the id is not 32 lower-case hexadecimal digits")
    }
    guard LogRecord.id(of: bytes) == stated else {
      return IntakeAnswer(422, "the id is not the hash of these bytes")
    }
    let report: FleetReport
    do throws(ReportError) { report = try FleetReport(bytes: bytes) } catch {
      return IntakeAnswer(400, "\(error)")
    }
    guard rules.campaigns.isEmpty || rules.campaigns.contains(report.campaign) else {
      return IntakeAnswer(410, "campaign \(report.campaign) takes no reports")
    }
    let device = key.pseudonym(of: name, campaign: report.campaign)
    let record = LogRecord(id: stated, device: device, received: now, bytes: bytes)
    do throws(LogError) {
      let slot = ReportSlot(device: device, report: report)
      var outcome = try await log.append(record, slot: slot)
      if outcome == .conflict {
        guard let owner = await owners.owner(of: slot) else {
          return IntakeAnswer(503, "the index is behind", retryAfter: 5)
        }
        if owner == stated { outcome = .replayed }
      }
      metrics.count(outcome, bytes: bytes.count)
      switch outcome {
      case .stored: return IntakeAnswer(200, "stored")
      case .replayed: return IntakeAnswer(200, "was stored")
      case .conflict:
        return IntakeAnswer(
          409, "report \(report.sequence) of this incarnation was another one")
      }
    } catch {
      return Self.answer(to: error)
    }
  }

  private static func answer(to fault: LogError) -> IntakeAnswer {
    switch fault.kind {
    case .busy: IntakeAnswer(503, "too many reports at once", retryAfter: 5)
    case .full: IntakeAnswer(503, "no space", retryAfter: 300)
    case .closed: .stopping
    case .broken, .damaged, .unusable, .away:
      IntakeAnswer(503, "the log is broken", retryAfter: 300)
    }
  }
}
