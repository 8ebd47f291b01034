extension ProbeObject.Program {
  /// The tracepoint that the program attaches to, whatever its rung; nil for kprobes.
  package var tracepoint: String? {
    let parts = section.drop { $0 == "?" }.split(separator: "/").map(String.init)
    switch (parts.first, parts.count) {
    case ("tp_btf", 2), ("raw_tp", 2): return parts[1]
    case ("tracepoint", 3): return parts[2]
    default: return nil
    }
  }
}
