import Catalogs

/// What a metric's table becomes: its maps, and a function for each start and end.
struct MetricProgram: Sendable {
  let metric: ProbeMetric
  let table: SpanTable
  /// Its counters.
  let index: Int

  /// Such as `fsync_latency`.
  var name: String { String(metric.map.dropFirst("h_".count)) }

  /// Fields in the key of an operation, `tid` among them.
  private var tied: [String] { table.by.filter { $0 != SpanTable.cpu } }
  /// Stamps of a CPU stay in their map; others are removed with the end.
  private var isPerCPU: Bool { table.by.contains(SpanTable.cpu) }
  private var hasSpanNumber: Bool { table.spans.count > 1 || tied.isEmpty }
  /// Whose operation it is can be said only of one that a thread is about.
  private var hasClass: Bool {
    table.by.contains(SpanTable.thread)
      || metric.key.contains { $0.name == SpanTable.processClass }
  }

  /// Labels take 4 bytes, so a field that is one does; another may be a pointer.
  func type(of field: String) -> String {
    table.isNarrow(field, metric.key) ? "u32" : "u64"
  }

  /// The only key field where its numbers are few and begin at 0: an array serves.
  private var dense: (field: KeyField, count: Int)? {
    guard metric.key.count == 1, let field = metric.key.first, case .values(let names) = field.kind,
      !names.isEmpty, names.count <= 64, names.keys.max() == UInt64(names.count - 1)
    else { return nil }
    return (field, names.count)
  }

  // MARK: maps

  var declarations: [String] {
    var parts: [String] = []
    if let dense {
      parts.append("LG_HIST_ARRAY(\(metric.map), \(dense.count));")
    } else {
      parts.append(
        "struct \(name)_label {\n"
          + metric.key.map { "\tu32 \($0.name)_;\n" }.joined() + "};")
      parts.append("LG_HIST_LABELS(\(metric.map), struct \(name)_label, \(table.labels));")
    }
    if let names = metric.namesMap {
      parts.append("struct \(name)_name {\n\tchar text[LG_NAME_LEN];\n};")
      parts.append(
        map(
          names, kind: "HASH", key: labelType, value: "struct \(name)_name",
          entries: table.labels))
    }
    parts.append("struct \(name)_operation {\n" + operationFields + "};")
    parts.append(
      map(
        "s_\(name)", kind: isPerCPU ? "PERCPU_HASH" : "HASH", key: "struct \(name)_operation",
        value: "struct lg_stamp", entries: table.stamps))
    return parts
  }

  private var labelType: String { dense == nil ? "struct \(name)_label" : "u32" }

  private func map(
    _ name: String, kind: String, key: String, value: String, entries: Int
  ) -> String {
    """
    struct {
    \t__uint(type, BPF_MAP_TYPE_\(kind));
    \t__uint(max_entries, \(entries));
    \t__type(key, \(key));
    \t__type(value, \(value));
    } \(name) SEC(".maps");
    """
  }

  /// Without gaps: the kernel compares all bytes of a key.
  private var operationFields: String {
    let wide = tied.filter { type(of: $0) == "u64" }
    var narrow = tied.filter { type(of: $0) == "u32" }.map { "\($0)_" }
    if hasSpanNumber { narrow.append("span") }
    if !wide.isEmpty, !narrow.count.isMultiple(of: 2) { narrow.append("pad") }
    return wide.map { "\tu64 \($0)_;\n" }.joined() + narrow.map { "\tu32 \($0);\n" }.joined()
  }

  // MARK: functions

  /// Fields that the function of a start or end takes.
  func parameters(span: Int, isEnd: Bool) -> [String] {
    var names = tied.filter { $0 != SpanTable.thread }
    if isEnd || table.nameField != nil {
      names += metric.key.map(\.name).filter { isField($0, in: table.spans[span]) }
    }
    if !isEnd, let name = table.nameField { names.append(name) }
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }

  /// Whether a label is neither the class nor a constant.
  private func isField(_ label: String, in span: Span) -> Bool {
    label != SpanTable.processClass && span.labels[label] == nil
  }

  func functionName(span: Int, isEnd: Bool) -> String {
    "\(name)\(table.spans.count > 1 ? "_\(span)" : "")_\(isEnd ? "ends" : "begins")"
  }

  var functions: [String] {
    (isPerCPU ? [stampFunction] : [])
      + table.spans.indices.flatMap { [begins(span: $0), ends(span: $0)] }
  }

  private func head(span: Int, isEnd: Bool) -> String {
    let fields = parameters(span: span, isEnd: isEnd).map { field in
      field == table.nameField ? ", const void *\(field)" : ", \(type(of: field)) \(field)"
    }
    return "static __always_inline void \(functionName(span: span, isEnd: isEnd))"
      + "(u32 word\(fields.joined()))\n{\n"
  }

  private func operation(span: Int) -> String {
    var values = tied.map { field in
      field == SpanTable.thread
        ? ".tid_ = bpf_get_current_pid_tgid()" : ".\(field)_ = \(field)"
    }
    if hasSpanNumber { values.append(".span = \(span)") }
    return "\tstruct \(name)_operation operation = {\(values.joined(separator: ", "))};\n"
  }

  /// The value of a label's field; `class_` is what stands for the class.
  private func value(of field: KeyField, span: Int, class_: String) -> String {
    if field.name == SpanTable.processClass, table.spans[span].labels[field.name] == nil {
      return class_
    }
    return table.spans[span].labels[field.name].map(String.init) ?? field.name
  }

  private func label(span: Int, class_: String) -> String {
    let values = metric.key.map { field in
      ".\(field.name)_ = \(value(of: field, span: span, class_: class_))"
    }
    return "struct \(name)_label label = {\(values.joined(separator: ", "))};\n"
  }

  /// Stamps per CPU stay, so that a start costs one look-up.
  private var stampFunction: String {
    """
    /* NULL when there is no room; counted if the start would have been judged. */
    static __always_inline struct lg_stamp *\(name)_stamp(const struct \(name)_operation *operation,
    \t\t\t\t\t\t      u32 word, struct lg_counters *c)
    {
    \tstruct lg_stamp *stamp, fresh = {};

    \tbpf_map_update_elem(&s_\(name), operation, &fresh, BPF_NOEXIST);
    \tstamp = bpf_map_lookup_elem(&s_\(name), operation);
    \tif (!stamp && lg_judged(word))
    \t\tc->map_full++;
    \treturn stamp;
    }
    """
  }

  private func begins(span: Int) -> String {
    let class_ = hasClass ? "lg_class_current()" : "LG_CLASS_KERNEL"
    var text = head(span: span, isEnd: false) + operation(span: span)
    guard isPerCPU else {
      text += nameLines(span: span, indent: "\t", onlyOnce: true)
      switch table.repeats {
      case .loss: break
      case .first:
        text += "\n\tif (lg_in_flight(bpf_map_lookup_elem(&s_\(name), &operation), word))"
        text += "\n\t\treturn;"
      case .last:
        text += "\n\tlg_cancel_key(&s_\(name), &operation, word, lg_metric(\(index)));"
      }
      text +=
        "\n\tlg_start_key(&s_\(name), &operation, word, bpf_ktime_get_ns(), \(class_),\n"
        + "\t\t     lg_metric(\(index)));\n}"
      return text
    }
    text += "\tstruct lg_counters *c = lg_metric(\(index));\n\tstruct lg_stamp *stamp;\n\n"
    text += "\tif (!c)\n\t\treturn;\n"
    text += "\tstamp = bpf_map_lookup_elem(&s_\(name), &operation);\n\tif (!stamp) {\n"
    text += nameLines(span: span, indent: "\t\t", onlyOnce: false)
    text += "\t\tstamp = \(name)_stamp(&operation, word, c);\n\t}\n"
    switch table.repeats {
    case .loss: text += "\tif (stamp)\n"
    case .first: text += "\tif (stamp && !lg_in_flight(stamp, word))\n"
    case .last:
      text += "\tif (lg_stamped(stamp))\n\t\tlg_cancel(stamp, word, c);\n\tif (stamp)\n"
    }
    text += "\t\tlg_start(stamp, word, bpf_ktime_get_ns(), \(class_), c);\n}"
    return text
  }

  /// Writes down what a label is called, if the kernel says it: the first seen counts.
  private func nameLines(span: Int, indent: String, onlyOnce: Bool) -> String {
    guard let names = metric.namesMap, let field = table.nameField,
      case .member(_, let path)? = table.spans[span].from.field(field)?.source,
      let last = path.last
    else { return "" }
    let key: String
    var text = ""
    if let dense {
      key = "u32 label = \(value(of: dense.field, span: span, class_: "0"));\n"
    } else {
      key = label(span: span, class_: "0")
    }
    text += indent + "struct \(name)_name text = {};\n"
    text += indent + key + "\n"
    let inner = onlyOnce ? indent + "\t" : indent
    if onlyOnce { text += indent + "if (!bpf_map_lookup_elem(&\(names), &label)) {\n" }
    text += inner + "bpf_probe_read_kernel_str(text.text, sizeof(text.text),\n"
    let structure = "(const struct \(last.structure)___span *)\(field)"
    let pointer = "lg_read_pointer(\(structure), \(last.name))"
    text += inner + "\t\t\t  \(pointer));\n"
    text += inner + "bpf_map_update_elem(&\(names), &label, &text, BPF_ANY);\n"
    if onlyOnce { text += indent + "}\n" }
    return text
  }

  private func ends(span: Int) -> String {
    // A start takes the clock last and an end takes it first: what a probe does is not in the time.
    var text = head(span: span, isEnd: true) + "\tu64 now = bpf_ktime_get_ns();\n"
    text += operation(span: span)
    text += "\tstruct lg_counters *c = lg_metric(\(index));\n"
    text += "\tstruct lg_span span;\n\n"
    if table.unmatched == .ignored {
      text += "\tif (!lg_stamped(bpf_map_lookup_elem(&s_\(name), &operation)))\n\t\treturn;\n"
    }
    let end =
      isPerCPU
      ? "lg_end(bpf_map_lookup_elem(&s_\(name), &operation), word, now, c, &span)"
      : "lg_end_key(&s_\(name), &operation, word, now, c, &span)"
    text += "\tif (c && \(end))"
    if let dense {
      let index = value(of: dense.field, span: span, class_: "span.class_")
      return text + "\n\t\tlg_record(lg_hist_at(&\(metric.map), \(index)), &span, c);\n}"
    }
    return text + " {\n\t\t" + label(span: span, class_: "span.class_")
      + "\n\t\tlg_record(lg_hist_of(&\(metric.map), &label), &span, c);\n\t}\n}"
  }
}
