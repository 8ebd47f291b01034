import RunRecords

/// What `bpf/<name>.yaml` says of a probe.
package struct ProbeManifest: Sendable, Equatable {
  /// How much of a busy device's event stream the probe sees.
  package enum Cost: String, Sendable, CaseIterable {
    case low, medium, high
  }

  /// What of a person's doing may leave the device.
  package enum Privacy: String, Sendable, CaseIterable {
    case none, names, paths
  }

  /// `probe: `; also the prefix of its metrics.
  package var name: String
  package var title: String
  package var question: String
  /// The BPF source beside the manifest, such as `runqueue.bpf.c`; nil when the metrics are tables,
  /// from which it is written.
  package var object: String?
  /// Of an object that another tool's authors wrote, which is attached and read as that tool does:
  /// the constants to be set in it. Nil for the others.
  package var foreignSettings: [String: UInt64]?
  /// Whether only some kernels or devices have what it needs, so that its absence fails nothing
  /// that asks for probes in general.
  package var isRare = false
  package var cost: Cost
  package var privacy: Privacy
  /// The independent tool that sees the same events.
  package var comparedWith: String?
  /// Trace events from which the same histograms can be made without BPF: those of the spans, or
  /// what the manifest names for a program.
  package var t0Events: [String]
  package var metrics: [ProbeMetric]
  /// Probes of the steps that what this one times passes through, in that order: where to look when
  /// it got slower.
  package var related: [String] = []
  /// A step on the device that makes each metric count something; nil = not every device has what
  /// it would need.
  package var check: WorkloadStep?
  /// Metric -> how much of it that step makes at least, where that is known: events, or the sum of
  /// a counter with a unit of its own. What counts less has lost some on the way, or is not what it
  /// says.
  package var checkLeast: [String: UInt64] = [:]
  /// Whether it can measure some tasks' operations and leave out others'.
  package var isScopable: Bool { !metrics.isEmpty && metrics.allSatisfy(\.hasTask) }
  /// Metrics that ``t0Events`` give.
  package var t0Metrics: [ProbeMetric] { t0Events.isEmpty ? [] : metrics.filter(\.isInT0) }
  /// Path of the manifest it was read from.
  package var file: String

  /// Metrics that are not measured where some hooks are absent: none of a metric's spans is whole,
  /// or one is not that it needs.
  ///
  /// - Parameter absent: hooks that are not attached, with the reason.
  /// - Returns: each such metric with the reason of a hook that it lacks.
  package func unsupported(absent: [String: String]) -> [String: String] {
    var found: [String: String] = [:]
    for metric in metrics {
      guard let spans = metric.table?.spans, !spans.isEmpty else { continue }
      let lacking = spans.filter { absent[$0.from.hook] != nil || absent[$0.to.hook] != nil }
      guard lacking.count == spans.count || !lacking.allSatisfy(\.isOptional) else { continue }
      // One that is absent itself says more than one that is useless without it.
      let hooks = lacking.flatMap { [$0.from.hook, $0.to.hook] }.compactMap { hook in
        absent[hook].map { "\(hook): \($0)" }
      }
      found[metric.name] = hooks.first { !$0.contains("of no use:") } ?? hooks.first
    }
    return found
  }
  /// Path of ``object``, which lies where the manifest does.
  package var objectPath: String? {
    let directory = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    return object.map { directory + $0 }
  }
}

/// A metric of a probe.
package struct ProbeMetric: Sendable, Equatable {
  /// What it gives in a window.
  package enum Kind: String, Sendable, CaseIterable {
    /// A distribution of values per label.
    case histogram
    /// How often something happened per label, and the sum of a value of it.
    case counter
    /// Single events as rows of a table.
    case events
    /// Where in the code something happened, and how often or for how long.
    case stacks
  }

  /// `probe.metric`.
  package var name: String
  package var help: String
  /// What a sentence calls it, such as `block device time`; nil = its name.
  package var title: String?
  package var kind = Kind.histogram
  /// Of the histogram's values, the counter's sum, or what is a row; `ns` for spans.
  package var unit: String
  /// The BPF map from label bytes to histogram or count, or that of the rows.
  package var map: String
  /// Index in the probe's `lg_counters`.
  package var counters: Int
  /// The BPF map from the same key to a name of at most 31 bytes.
  package var namesMap: String?
  /// Whether the probe's ``ProbeManifest/t0Events`` give this metric, too.
  package var isInT0 = true
  /// Where another tool's object keeps it.
  package var foreign: ForeignMap?
  /// What it is made from; nil when the probe has a program of its own.
  package var table: SpanTable?
  /// Of rows that a program of its own writes.
  var ownColumns: [ResultColumn] = []
  /// Of a metric of events: what a row has.
  package var columns: [ResultColumn] { table?.columns ?? ownColumns }
  /// The key's bytes, in order; each field becomes a label.
  package var key: [KeyField]

  /// Whether an operation has a task at its start, so that it can be said whose it is.
  package var hasTask: Bool {
    table?.isByTask(key)
      ?? (key.contains { $0.name == SpanTable.processClass }
        || ownColumns.contains { $0.source == .processClass })
  }

  /// Size of the map's key in bytes.
  package var keySize: Int { key.reduce(0) { $0 + $1.size } }
}

/// One field of a map's key.
package struct KeyField: Sendable, Equatable {
  /// How the field's number becomes a label's value.
  package enum Kind: Sendable, Equatable {
    /// Written in decimal.
    case number
    /// A `dev_t` of the kernel: major << 20 | minor.
    case blockDevice
    /// An address of the internet protocol, version 4, as it stands in a packet.
    case ipv4
    /// A system call number of the device's architecture.
    case syscall
    /// Written in decimal, with its sign.
    case signed
    /// Bytes of text up to a NUL.
    case text
    /// One of these; others are written in decimal.
    case values([UInt64: String])
    /// Bytes between fields or at the end, not a label.
    case padding
  }

  /// The label's name.
  package var name: String
  /// Bytes: 1, 2, 4 or 8; any number for text and padding.
  package var size: Int
  package var kind: Kind

  package init(name: String, size: Int, kind: Kind) {
    self.name = name
    self.size = size
    self.kind = kind
  }
}

extension KeyField {
  /// Whether a label of this field could have a value that a glob matches.
  package func canMatch(_ pattern: String) -> Bool {
    let isNumber = pattern.allSatisfy { $0.isNumber || "*?".contains($0) }
    return switch kind {
    case .padding: false
    case .number: isNumber
    case .signed: isNumber || pattern.hasPrefix("-")
    case .values(let names): isNumber || names.values.contains { glob(pattern, matches: $0) }
    case .blockDevice, .ipv4, .syscall, .text: true
    }
  }
}

extension ProbeMetric {
  /// Of labels for which there was no room.
  package static let other = "other"
  /// `LG_OTHER`.
  private static let otherByte: UInt8 = 0xff

  /// The labels that a key's bytes stand for; ``other`` where there was no room for them.
  ///
  /// - Parameters:
  ///   - bytes: little-endian fields without gaps.
  ///   - resolve: the name of a block device or system call, nil when it is not known.
  /// - Returns: nil when the size is not ``keySize``: the object is of another release.
  package func labels(
    ofKey bytes: [UInt8], resolve: (KeyField.Kind, UInt64) -> String?
  ) -> [String: String]? {
    guard key.isEmpty || bytes.count == keySize else { return nil }
    if !bytes.isEmpty, bytes.allSatisfy({ $0 == Self.otherByte }) {
      return Dictionary(
        key.filter { $0.kind != .padding }.map { ($0.name, Self.other) }
      ) { first, _ in first }
    }
    var labels: [String: String] = [:]
    var rest = bytes[...]
    for field in key {
      if field.kind == .text {
        labels[field.name] = String(
          decoding: rest.prefix(field.size).prefix { $0 != 0 }, as: UTF8.self)
        rest = rest.dropFirst(field.size)
        continue
      }
      let number = rest.prefix(field.size).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      rest = rest.dropFirst(field.size)
      if field.kind == .padding || field.kind == .text { continue }
      labels[field.name] =
        field.kind.text(of: number, bytes: field.size, resolve: resolve) ?? String(number)
    }
    return labels
  }
}
