/// Single events of a metric in a phase: a table with typed columns, as many rows as were kept.
package struct EventsRecord: Codable, Sendable, Equatable {
  package struct Column: Codable, Sendable, Equatable {
    package var name: String
    /// Of a number; nil for text, and for numbers that only name something.
    package var unit: String?

    package init(name: String, unit: String? = nil) {
      self.name = name
      self.unit = unit
    }
  }

  /// What a row has in a column.
  package enum Value: Sendable, Equatable {
    case number(UInt64)
    case text(String)
  }

  /// Metric name, `probe.metric`.
  package var metric: String
  package var columns: [Column]
  /// In the order of time; each as long as ``columns``.
  package var rows: [[Value]]
  /// Events that had no room.
  package var dropped: UInt64

  package init(metric: String, columns: [Column], rows: [[Value]], dropped: UInt64) {
    self.metric = metric
    self.columns = columns
    self.rows = rows
    self.dropped = dropped
  }

  /// What makes the record impossible, in words; nil when it is sound.
  package var problem: String? {
    rows.firstIndex { $0.count != columns.count }
      .map { "row \($0) has \(rows[$0].count) values, there are \(columns.count) columns" }
  }
}

extension EventsRecord.Value: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(UInt64.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    }
  }
}
