import Crypto
import FleetReports

/// One hash over all that an index answers: two indexes of one log have the same.
package enum IndexDigest {
  /// - Returns: SHA-256, hex.
  package static func of(_ index: any ReportIndex) throws -> String {
    var hash = SHA256()
    try index.forEachReport(of: nil) { collected in
      var head: [UInt8] = []
      LittleEndian.append(collected.received, to: &head)
      hash.update(data: collected.id.bytes + collected.device.bytes + head)
      hash.update(data: collected.report.bytes)
    }
    for id in try index.conflicts() { hash.update(data: id.bytes) }
    return Hexadecimal.text(Array(hash.finalize()))
  }
}
