import Foundation
import RunRecords

extension VerdictReport {
  /// Something that is known of the arms' devices and firmwares.
  package struct Fact: Sendable, Equatable, Encodable {
    package var name: String
    package var reference: String
    package var candidate: String
  }

  /// What the records say of devices, firmwares and the ways to them; what none says is left out.
  static func facts(_ reference: [RunRecord], _ candidate: [RunRecord]) -> [Fact] {
    let kinds: [(String, (RunRecord) -> String?)] = [
      ("model", \.device.model), ("serial number", \.device.serial),
      ("reached by", \.device.transport), ("rights", \.device.privilege),
      ("processor", \.device.abi), ("fingerprint", \.firmware.fingerprint),
      ("kernel build", \.firmware.kernelVersion), ("kernel build-id", \.firmware.kernelBuildID),
      ("slot", \.firmware.slot), ("kernel types from", { $0.btf?.file }),
      ("workload", \.workload), ("latgate", \.toolVersion),
    ]
    var facts = kinds.map { name, value in
      Fact(name: name, reference: list(reference, value), candidate: list(candidate, value))
    }
    facts.append(
      Fact(name: "first and last run", reference: span(reference), candidate: span(candidate)))
    return facts.filter { !$0.reference.isEmpty || !$0.candidate.isEmpty }
  }

  /// Different values, a few of them by name.
  private static func list(_ records: [RunRecord], _ value: (RunRecord) -> String?) -> String {
    let values = Set(records.compactMap(value).filter { !$0.isEmpty }).sorted()
    let named = values.prefix(4).joined(separator: ", ")
    return values.count > 4 ? "\(named) and \(values.count - 4) more" : named
  }

  private static func span(_ records: [RunRecord]) -> String {
    let times = records.map(\.created)
    guard let first = times.min(), let last = times.max() else { return "" }
    return first == last
      ? first.formatted(.iso8601) : "\(first.formatted(.iso8601)) to \(last.formatted(.iso8601))"
  }
}
