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
  private var hasClass: Bool { table.isByTask(metric.key) }

  /// Labels take 4 bytes, so a field that is one does; another may be a pointer.
  func type(of field: String) -> String {
    table.isNarrow(field, metric.key) ? "u32" : "u64"
  }

  /// The only key field where its numbers are few and begin at 0, or that there is none: an array
  /// serves.
  private var dense: (field: KeyField?, count: Int)? {
    if metric.key.isEmpty { return (nil, 1) }
    guard metric.key.count == 1, let field = metric.key.first, case .values(let names) = field.kind,
      !names.isEmpty, names.count <= 64, names.keys.max() == UInt64(names.count - 1)
    else { return nil }
    return (field, names.count)
  }

  /// Whether one number distinguishes operations of a CPU, and labels, as interrupts are. It is mostly
  /// small, and an array costs no look-up in a table.
  private var isNumbered: Bool {
    isPerCPU && !hasSpanNumber && tied.count == 1 && type(of: tied[0]) == "u32"
      && metric.kind == .histogram && dense == nil && metric.key.map(\.name) == tied
  }

  // MARK: maps

  var declarations: [String] {
    var parts: [String] = []
    if metric.kind == .events {
      parts.append("struct \(name)_row {\n\tu64 time_ns;\n" + rowMembers + "};")
      parts.append("LG_ROW_ARRAY(\(metric.map), struct \(name)_row, \(table.rows));")
    } else if let stack = table.stack {
      parts.append(
        "struct \(name)_stack {\n\tint kernel, user;\n"
          + metric.key.map { "\tu32 \($0.name)_;\n" }.joined() + "};")
      parts.append("LG_COUNT_LABELS(\(metric.map), struct \(name)_stack, \(table.labels));")
      if stack.hasKernel {
        parts.append("LG_KERNEL_TRACES(t_\(name)_kernel, \(table.traces));")
      }
      if stack.hasUser { parts.append("LG_USER_TRACES(t_\(name)_user, \(table.traces));") }
    } else if let dense {
      parts.append("\(macro)_ARRAY(\(metric.map), \(dense.count));")
    } else {
      parts.append(
        "struct \(name)_label {\n"
          + metric.key.map { "\tu32 \($0.name)_;\n" }.joined() + "};")
      parts.append("\(macro)_LABELS(\(metric.map), struct \(name)_label, \(table.labels));")
      if isNumbered { parts.append("LG_HIST_LOW(\(metric.map));") }
    }
    if let names = metric.namesMap {
      parts.append("struct \(name)_name {\n\tchar text[LG_NAME_LEN];\n};")
      parts.append(
        map(
          names, kind: "HASH", key: labelType, value: "struct \(name)_name",
          entries: table.labels))
    }
    if table.isSingle { return parts }
    parts.append("struct \(name)_operation {\n" + operationFields + "};")
    parts.append(
      map(
        "s_\(name)", kind: isPerCPU ? "PERCPU_HASH" : "HASH", key: "struct \(name)_operation",
        value: "struct lg_stamp", entries: table.stamps))
    if isNumbered {
      parts.append(
        map(
          "s_\(name)_low", kind: "PERCPU_ARRAY", key: "u32", value: "struct lg_stamp",
          entries: "LG_LOW"))
    }
    if table.stack != nil {
      parts.append(
        map(
          "s_\(name)_stack", kind: isPerCPU ? "PERCPU_HASH" : "HASH",
          key: "struct \(name)_operation", value: "struct lg_stack_ids", entries: table.stamps))
    }
    return parts
  }

  /// Of the maps, and in lower case of the functions.
  private var macro: String { metric.kind == .counter ? "LG_COUNT" : "LG_HIST" }

  private var rowMembers: String {
    table.columns.filter { $0.source != .time }.map { column in
      guard column.kind == nil else { return "\tu64 \(column.name)_;\n" }
      let size = column.source == .command ? "LG_COMM_LEN" : "LG_NAME_LEN"
      return "\tchar \(column.name)_[\(size)];\n"
    }.joined()
  }

  private var labelType: String { dense == nil ? "struct \(name)_label" : "u32" }

  private func map(
    _ name: String, kind: String, key: String, value: String, entries: some CustomStringConvertible
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
    if isEnd { names += table.resultFields }
    if !isEnd || table.isSingle, let name = table.nameField { names.append(name) }
    var seen: Set<String> = []
    return names.filter { seen.insert($0).inserted }
  }

  /// Whether a label is neither the class nor a constant.
  private func isField(_ label: String, in span: Span) -> Bool {
    label != SpanTable.processClass && span.labels[label] == nil
  }

  func functionName(span: Int, isEnd: Bool) -> String {
    "\(name)\(table.spans.count > 1 ? "_\(span)" : "")_"
      + (table.isSingle ? "happens" : isEnd ? "ends" : "begins")
  }

  var functions: [String] {
    if table.isSingle { return table.spans.indices.map(happens) }
    return (isNumbered ? [findFunction] : []) + (isPerCPU ? [stampFunction] : [])
      + table.spans.indices.flatMap { [begins(span: $0), ends(span: $0)] }
  }

  /// Whether the stack is taken there: where an operation begins, or an event happens.
  func takesContext(isEnd: Bool) -> Bool { table.stack != nil && isEnd == table.isSingle }

  private func head(span: Int, isEnd: Bool) -> String {
    let context = takesContext(isEnd: isEnd) ? "void *ctx, " : ""
    let fields = parameters(span: span, isEnd: isEnd).map { field in
      table.isText(field) ? ", const void *\(field)" : ", \(type(of: field)) \(field)"
    }
    return "static __always_inline void \(functionName(span: span, isEnd: isEnd))"
      + "(\(context)u32 word\(fields.joined()))\n{\n"
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
  private func value(of field: KeyField?, span: Int, class_: String) -> String {
    guard let field else { return "0" }
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

  private var findFunction: String {
    """
    static __always_inline struct lg_stamp *\(name)_find(const struct \(name)_operation *operation)
    {
    \tu32 number = operation->\(tied[0])_;

    \tif (number < LG_LOW)
    \t\treturn bpf_map_lookup_elem(&s_\(name)_low, &number);
    \treturn bpf_map_lookup_elem(&s_\(name), operation);
    }
    """
  }

  /// The stamp of an operation, or NULL.
  private var stamp: String {
    isNumbered ? "\(name)_find(&operation)" : "bpf_map_lookup_elem(&s_\(name), &operation)"
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
        + "\t\t     lg_metric(\(index)));\n"
      return text + keepStack + "}"
    }
    text += "\tstruct lg_counters *c = lg_metric(\(index));\n\tstruct lg_stamp *stamp;\n\n"
    text += "\tif (!c)\n\t\treturn;\n"
    text += "\tstamp = \(stamp);\n"
    // A stamp of an array is there before it is used; its class is 0 until then.
    text += isNumbered ? "\tif (!stamp || !stamp->class_) {\n" : "\tif (!stamp) {\n"
    text += nameLines(span: span, indent: "\t\t", onlyOnce: false)
    if isNumbered { text += "\t\tif (!stamp)\n\t" }
    text += "\t\tstamp = \(name)_stamp(&operation, word, c);\n\t}\n"
    switch table.repeats {
    case .loss: text += "\tif (stamp)\n"
    case .first: text += "\tif (stamp && !lg_in_flight(stamp, word))\n"
    case .last:
      text += "\tif (lg_stamped(stamp))\n\t\tlg_cancel(stamp, word, c);\n\tif (stamp)\n"
    }
    text += "\t\tlg_start(stamp, word, bpf_ktime_get_ns(), \(class_), c);\n"
    return text + keepStack + "}"
  }

  /// Keeps the stack of a judged start until its end.
  private var keepStack: String {
    guard table.stack != nil else { return "" }
    return "\tif (lg_judged(word)) {\n\t\tstruct lg_stack_ids ids = {\(stackIDs)};\n\n"
      + "\t\tbpf_map_update_elem(&s_\(name)_stack, &operation, &ids, BPF_ANY);\n\t}\n"
  }

  private var stackIDs: String {
    [
      table.stack?.hasKernel == true
        ? ".kernel = bpf_get_stackid(ctx, &t_\(name)_kernel, 0)" : nil,
      table.stack?.hasUser == true
        ? ".user = bpf_get_stackid(ctx, &t_\(name)_user, BPF_F_USER_STACK)" : nil,
    ].compactMap(\.self).joined(separator: ", ")
  }

  /// The key of a stack's count.
  private func stackKey(span: Int, ids: String, class_: String) -> String {
    let labels = metric.key.map { field in
      ".\(field.name)_ = \(value(of: field, span: span, class_: class_))"
    }
    return "struct \(name)_stack key = {\(([ids] + labels).joined(separator: ", "))};\n"
  }

  /// Writes down what a label is called, if the kernel says it: the first seen counts.
  private func nameLines(span: Int, indent: String, onlyOnce: Bool) -> String {
    guard let names = metric.namesMap, let field = table.nameField,
      let pointer = textPointer(field, of: table.spans[span].from)
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
      text += "\tif (!lg_stamped(\(stamp)))\n\t\treturn;\n"
    }
    let end =
      isPerCPU
      ? "lg_end(\(stamp), word, now, c, &span)"
      : "lg_end_key(&s_\(name), &operation, word, now, c, &span)"
    text += "\tif (c && \(end))"
    if metric.kind == .stacks {
      text +=
        " {\n\t\tstruct lg_stack_ids *ids =\n"
        + "\t\t\tbpf_map_lookup_elem(&s_\(name)_stack, &operation);\n\t\t"
        + stackKey(
          span: span, ids: ".kernel = ids ? ids->kernel : -1, .user = ids ? ids->user : -1",
          class_: "span.class_")
        + "\n\t\tlg_record_span_count(lg_count_of(&\(metric.map), &key), &span, c);\n\t}\n"
      return text
        + (isPerCPU ? "}" : "\tbpf_map_delete_elem(&s_\(name)_stack, &operation);\n}")
    }
    if metric.kind == .events {
      let row = "lg_record_span_row(&\(metric.map), \(index), &span, \(table.threshold)ULL, c)"
      return text + " {\n\t\tstruct \(name)_row *row = \(row);\n\n\t\tif (row) {\n"
        + rowLines(
          span: span, indent: "\t\t\t", time: "now", class_: "span.class_",
          duration: "span.duration_ns") + "\t\t}\n\t}\n}"
    }
    if let dense {
      let index = value(of: dense.field, span: span, class_: "span.class_")
      return text + "\n\t\tlg_record(lg_hist_at(&\(metric.map), \(index)), &span, c);\n}"
    }
    let find = isNumbered ? "lg_hist_of_low(\(metric.map)" : "lg_hist_of(&\(metric.map)"
    return text + " {\n\t\t" + label(span: span, class_: "span.class_")
      + "\n\t\tlg_record(\(find), &label), &span, c);\n\t}\n}"
  }

  // MARK: single events, and rows

  private func happens(span: Int) -> String {
    let class_ = hasClass ? "lg_class_current()" : "LG_CLASS_KERNEL"
    var text = head(span: span, isEnd: true)
    text += "\tstruct lg_counters *c = lg_metric(\(index));\n\tu32 class_ = \(class_);\n"
    if metric.kind == .events { text += "\tstruct \(name)_row *row;\n" }
    text += "\n\tif (!lg_happens(word, class_, c))\n\t\treturn;\n"
    if metric.kind == .events {
      return text + "\trow = lg_record_row(&\(metric.map), \(index), c);\n"
        + "\tif (!row)\n\t\treturn;\n"
        + rowLines(
          span: span, indent: "\t", time: "bpf_ktime_get_ns()", class_: "class_", duration: "0")
        + "}"
    }
    if metric.namesMap != nil {
      text += "\t{\n" + nameLines(span: span, indent: "\t\t", onlyOnce: true) + "\t}\n"
    }
    if metric.kind == .stacks {
      return text + "\t{\n\t\t" + stackKey(span: span, ids: stackIDs, class_: "class_")
        + "\n\t\tlg_record_count(lg_count_of(&\(metric.map), &key), 1, c);\n\t}\n}"
    }
    let record = "lg_record_\(metric.kind == .counter ? "count" : "value")"
    let value = table.value ?? "1"
    let find = macro.lowercased()
    if let dense {
      let index = self.value(of: dense.field, span: span, class_: "class_")
      return text + "\t\(record)(\(find)_at(&\(metric.map), \(index)), \(value), c);\n}"
    }
    return text + "\t{\n\t\t" + label(span: span, class_: "class_")
      + "\n\t\t\(record)(\(find)_of(&\(metric.map), &label), \(value), c);\n\t}\n}"
  }

  /// Fills in a row.
  private func rowLines(
    span: Int, indent: String, time: String, class_: String, duration: String
  ) -> String {
    var lines = ["row->time_ns = \(time) - lg_window_opened_ns;"]
    for column in table.columns {
      let member = "row->\(column.name)_"
      switch column.source {
      case .time: break
      case .duration: lines.append("\(member) = \(duration);")
      case .thread: lines.append("\(member) = (u32)bpf_get_current_pid_tgid();")
      case .process: lines.append("\(member) = bpf_get_current_pid_tgid() >> 32;")
      case .cpu: lines.append("\(member) = bpf_get_smp_processor_id();")
      case .processClass: lines.append("\(member) = \(class_);")
      case .command:
        lines.append("bpf_get_current_comm(\(member), sizeof(\(member)));")
      case .field(let field):
        if column.kind != nil {
          lines.append("\(member) = \(field);")
        } else if let pointer = textPointer(field, of: table.spans[span].to) {
          lines.append("__builtin_memset(\(member), 0, sizeof(\(member)));")
          lines.append("bpf_probe_read_kernel_str(\(member), sizeof(\(member)), \(pointer));")
        }
      }
    }
    return lines.map { "\(indent)\($0)\n" }.joined()
  }

  /// Where a field's text is.
  private func textPointer(_ field: String, of event: SpanEvent) -> String? {
    guard case .member(_, let path)? = event.field(field)?.source, let last = path.last else {
      return nil
    }
    return "lg_read_pointer((const struct \(last.structure)___span *)\(field), \(last.name))"
  }
}
