import RunRecords

/// A column of a metric whose result is events.
package struct ResultColumn: Sendable, Equatable {
  /// Where its values come from.
  package enum Source: Sendable, Equatable {
    /// When the event was, or the span ended: ns since the window opened.
    case time
    /// Of the span, ns.
    case duration
    /// Number of the running thread.
    case thread
    /// Number of the running process. Trace events do not say it.
    case process
    /// Name of the running thread. Trace events do not say it.
    case command
    case cpu
    /// `workload`, `user` or `kernel`: who began the operation, or whose event it is.
    case processClass
    /// A field of the event, or of the span's end.
    case field(String)
  }

  package var name: String
  package var source: Source
  /// How a number is written; nil for text.
  package var kind: KeyField.Kind?
  /// Of a number; nil for one that only names something.
  package var unit: String?
  /// Bytes of a text that a program of its own writes.
  var textSize = Self.textSize

  /// Bytes of it in a row of the kernel; 0 for ``Source/time``, which every row begins with.
  package var size: Int {
    if source == .time { return 0 }
    if kind != nil { return 8 }
    return source == .command ? Self.commandSize : textSize
  }

  /// `LG_COMM_LEN`.
  private static let commandSize = 16
  /// `LG_NAME_LEN`.
  private static let textSize = 32
}

extension [ResultColumn] {
  /// Bytes of a row: its time, then the columns.
  package var rowSize: Int { reduce(8) { $0 + $1.size } }

  /// What a row's bytes stand for; nil when they are fewer than ``rowSize``. Rows of prepared
  /// programs have more: room for any columns.
  package func values(
    ofRow bytes: [UInt8], resolve: (KeyField.Kind, UInt64) -> String?
  ) -> [EventsRecord.Value]? {
    guard bytes.count >= rowSize else { return nil }
    var rest = bytes.dropFirst(8)
    return map { column in
      let part = column.source == .time ? bytes.prefix(8) : rest.prefix(column.size)
      rest = rest.dropFirst(column.size)
      guard let kind = column.kind else {
        return .text(String(decoding: part.prefix { $0 != 0 }, as: UTF8.self))
      }
      let number = part.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      return kind.text(of: number, bytes: 8, resolve: resolve).map { .text($0) } ?? .number(number)
    }
  }

  /// The table of a metric, in the order of time. Shorter rows than ``rowSize`` are left out;
  /// `recorded` events were to have one.
  package func record(
    metric: String, rows: [[UInt8]], recorded: UInt64,
    resolve: (KeyField.Kind, UInt64) -> String?
  ) -> EventsRecord {
    let timed = rows.map { row in
      (time: row.prefix(8).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }, row: row)
    }
    let values = timed.sorted { $0.time < $1.time }
      .compactMap { self.values(ofRow: $0.row, resolve: resolve) }
    return EventsRecord(
      metric: metric, columns: map { .init(name: $0.name, unit: $0.unit) }, rows: values,
      dropped: recorded - Swift.min(recorded, UInt64(values.count)))
  }
}

extension KeyField.Kind {
  /// A number of so many bytes in words; nil where it is written as it is.
  func text(
    of number: UInt64, bytes: Int, resolve: (Self, UInt64) -> String?
  ) -> String? {
    switch self {
    case .number, .padding, .text: nil
    case .signed:
      String(Int64(bitPattern: number << UInt64(64 - 8 * bytes)) >> Int64(64 - 8 * bytes))
    case .values(let names): names[number]
    case .blockDevice:
      resolve(self, number) ?? "\(number >> 20):\(number & 0xfffff)"
    case .ipv4: (0..<4).map { String(number >> (8 * $0) & 0xff) }.joined(separator: ".")
    case .syscall: resolve(self, number)
    }
  }
}
