extension BTFTypes {
  /// The prototype of a tracepoint's programs by its typedef; its first parameter is private.
  package func prototype(ofTracepoint name: String) -> BTFType? {
    for id in types(named: "btf_trace_\(name)", .typedef) {
      let pointer = resolved(id)
      let prototype = self[pointer.target]
      if pointer.kind == .pointer, prototype.kind == .prototype { return prototype }
    }
    return nil
  }

  /// Number of arguments of a tracepoint; nil where this kernel has none of that name.
  package func arguments(of tracepoint: String) -> Int? {
    prototype(ofTracepoint: tracepoint).map { max(0, $0.memberCount - 1) }
  }
}
