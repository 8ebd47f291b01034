import Foundation

/// The table of `latgate device list`.
package struct DeviceListing: Sendable, Equatable, Encodable {
  /// A device, as far as it identifies itself; empty texts are unknown.
  package struct Row: Sendable, Equatable, Encodable {
    /// As commands take it.
    package var name: String
    package var transport: String
    /// `device` when it answers.
    package var state: String
    package var serial: String
    package var model = ""
    /// Fingerprint, or the distribution's name and version.
    package var build = ""
    package var kernel = ""
    /// The best that seems to work: `T2`, `T1`, `T0`, or `-`.
    package var tier = ""
    /// How commands get root's rights, as in a record.
    package var privilege = ""
    /// What else there is to say, such as a USB path or why it does not answer.
    package var detail = ""
    /// QEMU's, for a virtual device.
    package var processID: Int32?

    package init(name: String, transport: String, state: String, serial: String) {
      self.name = name
      self.transport = transport
      self.state = state
      self.serial = serial
    }
  }

  package var rows: [Row]

  package init(_ rows: [Row]) {
    self.rows = rows
  }

  /// A list of objects, one per device.
  package func json() throws -> Data {
    try encodedJSON(rows)
  }

  package func text(width: Int, style: TextStyle) -> String {
    var table = TextTable(columns: [
      .init(title: "device"), .init(title: "transport"), .init(title: "state"),
      .init(title: "tier"), .init(title: "privilege"), .init(title: "kernel", isElastic: true),
      .init(title: "model", isElastic: true), .init(title: "build", isElastic: true),
    ])
    for row in rows {
      table.add(
        .init(row.name, .strong), .init(row.transport),
        .init(row.state, row.state == "device" ? .good : .doubtful), .init(row.tier),
        .init(row.privilege), .init(row.kernel), .init(row.model), .init(row.build))
      if !row.detail.isEmpty {
        for line in wrapped(row.detail, width: width - 4, indent: "  ") {
          table.rows.append(.heading(.init("  \(line)", .dim)))
        }
      }
    }
    return table.lines(width: width, style: style).map { $0 + "\n" }.joined()
  }
}
