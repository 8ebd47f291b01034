import CAgentABI

extension AgentFacts {
  init(_ reader: AttributeReader) throws(AgentSessionError) {
    abi = try reader.text(LG_ATTR_ABI)
    bootID = try reader.text(LG_ATTR_BOOT_ID)
    kernelRelease = try reader.text(LG_ATTR_KERNEL_RELEASE)
    kernelBuildID = reader.optionalText(LG_ATTR_KERNEL_BUILD_ID) ?? ""
    possibleCPUs = try reader.number(LG_ATTR_POSSIBLE_CPUS)
    onlineCPUs = try reader.text(LG_ATTR_ONLINE_CPUS)
    userID = try reader.number(LG_ATTR_UID)
    counterFrequency = try reader.optionalNumber(LG_ATTR_COUNTER_HZ) ?? 0
    features = reader.all(LG_ATTR_FEATURE)
      .map { AgentFeature(line: String(decoding: $0, as: UTF8.self)) }
    otherSession = reader.optionalText(LG_ATTR_OTHER_SESSION)
  }
}

extension AgentRefusalError {
  /// `before` holds the frames of the answer up to the error.
  init(_ reader: AttributeReader, before: Answers) throws(AgentSessionError) {
    code = Code(number: try reader.number(LG_ATTR_CODE))
    text = reader.optionalText(LG_ATTR_TEXT) ?? "the agent gave no reason"
    probe = reader.optionalText(LG_ATTR_PROBE)
    log = reader.optionalText(LG_ATTR_LOG)
    steps = try before.all(LG_MSG_STEP_RESULT, "STEP_RESULT", AgentStepResult.init)
    hooks = try before.all(LG_MSG_HOOK, "HOOK", AgentHook.init)
  }
}

extension AgentRefusalError.Code {
  init(number: UInt32) {
    switch Int(number) {
    case LG_ERR_PROTOCOL: self = .protocol
    case LG_ERR_STATE: self = .state
    case LG_ERR_UNSUPPORTED: self = .unsupported
    case LG_ERR_REFUSED: self = .refused
    case LG_ERR_VERIFIER: self = .verifier
    case LG_ERR_OBJECT: self = .object
    case LG_ERR_STEP: self = .step
    case LG_ERR_INCONSISTENT: self = .inconsistent
    case LG_ERR_INTERNAL: self = .internal
    case LG_ERR_BUSY: self = .busy
    case LG_ERR_SCOPE: self = .scope
    default: self = .unknown(number)
    }
  }
}

extension AgentHook {
  init(_ reader: AttributeReader) throws(AgentSessionError) {
    probe = try reader.text(LG_ATTR_PROBE)
    hook = try reader.text(LG_ATTR_HOOK)
    rung = try reader.text(LG_ATTR_RUNG)
    program = reader.optionalText(LG_ATTR_PROGRAM) ?? ""
    reason = reader.optionalText(LG_ATTR_TEXT) ?? ""
  }
}

extension AgentStepResult {
  init(_ reader: AttributeReader) throws(AgentSessionError) {
    let number: UInt32 = try reader.number(LG_ATTR_INDEX)
    index = Int(number)
    if let signal = try reader.optionalNumber(LG_ATTR_SIGNAL, as: UInt32.self), signal != 0 {
      ending = .signalled(signal)
    } else {
      ending = .exited(try reader.number(LG_ATTR_EXIT_CODE))
    }
    durationNanoseconds = try reader.number(LG_ATTR_DURATION_NS)
    standardOutput = reader.optional(LG_ATTR_STDOUT) ?? []
    standardError = reader.optional(LG_ATTR_STDERR) ?? []
  }
}

extension AgentHistogram {
  init(_ reader: AttributeReader) throws(AgentSessionError) {
    metricID = try reader.number(LG_ATTR_METRIC_ID)
    key = try reader.bytes(LG_ATTR_KEY)
    labelName = reader.optionalText(LG_ATTR_LABEL_NAME)
    count = try reader.number(LG_ATTR_COUNT)
    sum = try reader.number(LG_ATTR_SUM)
    max = try reader.number(LG_ATTR_MAX)
    buckets = try SparseBuckets.decode(try reader.bytes(LG_ATTR_BUCKETS))
    let total = buckets.reduce(UInt64(0)) { $0 &+ $1.count }
    if total != count {
      throw .malformed(
        "metric \(metricID): its buckets hold \(total) values, its count is \(count)")
    }
  }
}

extension AgentCount {
  init(_ reader: AttributeReader) throws(AgentSessionError) {
    metricID = try reader.number(LG_ATTR_METRIC_ID)
    key = try reader.bytes(LG_ATTR_KEY)
    labelName = reader.optionalText(LG_ATTR_LABEL_NAME)
    count = try reader.number(LG_ATTR_COUNT)
    sum = try reader.number(LG_ATTR_SUM)
  }
}

extension AgentRows {
  init(_ reader: AttributeReader) throws(AgentSessionError) {
    metricID = try reader.number(LG_ATTR_METRIC_ID)
    let size = Int(try reader.number(LG_ATTR_ROW_SIZE) as UInt32)
    let bytes = try reader.bytes(LG_ATTR_DATA)
    guard size > 0, bytes.count.isMultiple(of: size) else {
      throw .malformed("metric \(metricID): \(bytes.count) bytes of rows of \(size)")
    }
    rows = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<$0 + size]) }
  }
}

extension AgentStack {
  init(_ reader: AttributeReader) throws(AgentSessionError) {
    metricID = try reader.number(LG_ATTR_METRIC_ID)
    key = try reader.bytes(LG_ATTR_KEY)
    count = try reader.number(LG_ATTR_COUNT)
    sum = try reader.number(LG_ATTR_SUM)
    isLost = reader.has(LG_ATTR_TRUNCATED)
    let inKernel = try reader.bytes(LG_ATTR_KERNEL_FRAMES)
    let inUser = try reader.bytes(LG_ATTR_USER_FRAMES)
    guard inKernel.count.isMultiple(of: 8), inUser.count.isMultiple(of: Frame.size) else {
      throw .malformed(
        "metric \(metricID): \(inKernel.count) and \(inUser.count) bytes of a stack")
    }
    kernel = stride(from: 0, to: inKernel.count, by: 8).map {
      LittleEndian.number(inKernel[$0..<$0 + 8])
    }
    user = stride(from: 0, to: inUser.count, by: Frame.size).map {
      Frame(inUser[$0..<$0 + Frame.size])
    }
  }
}

extension AgentStack.Frame {
  /// `struct bpf_stack_build_id` (include/uapi/linux/bpf.h): status, build-id, offset or address.
  static let size = 32
  /// `BPF_STACK_BUILD_ID_VALID`.
  private static let valid: UInt32 = 1
  private static let digits = Array("0123456789abcdef")

  fileprivate init(_ bytes: ArraySlice<UInt8>) {
    let status: UInt32 = LittleEndian.number(bytes.prefix(4))
    address = LittleEndian.number(bytes.suffix(8))
    guard status == Self.valid else { return }
    // Shorter ones are filled with zeros.
    var id = bytes.dropFirst(4).prefix(20)
    while id.last == 0, id.count > 8 { id.removeLast() }
    buildID = String(id.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] })
  }
}

extension AgentCounters {
  /// Fields of `struct lg_counters`.
  private static let fieldCount = MemoryLayout<lg_counters>.size / 8

  init(_ reader: AttributeReader) throws(AgentSessionError) {
    metricID = try reader.number(LG_ATTR_METRIC_ID)
    let bytes = try reader.bytes(LG_ATTR_COUNTER_VALUES)
    guard bytes.count == Self.fieldCount * 8 else {
      throw .malformed("metric \(metricID): \(bytes.count) bytes of counters")
    }
    let values: [UInt64] = (0..<Self.fieldCount).map {
      LittleEndian.number(bytes[($0 * 8)..<($0 * 8 + 8)])
    }
    started = values[0]
    recorded = values[1]
    overwritten = values[2]
    cancelled = values[3]
    // Between them are the sums of offsets, of which the agent made the age of what was censored.
    beforeWindow = values[6]
    afterWindow = values[7]
    noStart = values[8]
    stale = values[9]
    nullStorage = values[10]
    mapFull = values[11]
    clamped = values[12]
    excluded = values[13]
    negative = values[14]
    censored = try reader.number(LG_ATTR_CENSORED)
    censoredAgeSum = try reader.number(LG_ATTR_CENSORED_AGE_SUM_NS)
  }
}

extension AgentWindow {
  init(_ reader: AttributeReader) throws(AgentSessionError) {
    phase = try reader.number(LG_ATTR_PHASE)
    opened = try reader.number(LG_ATTR_OPENED_NS)
    closed = try reader.number(LG_ATTR_CLOSED_NS)
    drained = try reader.number(LG_ATTR_DRAINED_NS)
    bootOffsetBefore = try reader.number(LG_ATTR_BOOT_OFFSET_BEFORE_NS)
    bootOffsetAfter = try reader.number(LG_ATTR_BOOT_OFFSET_AFTER_NS)
    onlineCPUsBefore = try reader.text(LG_ATTR_ONLINE_BEFORE)
    onlineCPUsAfter = try reader.text(LG_ATTR_ONLINE_AFTER)
    traceFault = reader.optionalText(LG_ATTR_TRACE_FAULT)
    for bytes in reader.all(LG_ATTR_CPU_FREQUENCY) {
      let nested = try AttributeReader(payload: bytes, context: "CPU_FREQUENCY")
      frequencies.append(
        AgentFrequency(
          cpu: try nested.number(LG_ATTR_INDEX), knownNs: try nested.number(LG_ATTR_KNOWN_NS),
          meanKHz: try nested.number(LG_ATTR_MEAN_KHZ),
          changes: try nested.number(LG_ATTR_CHANGES)))
    }
    frequencyMissing = reader.optionalText(LG_ATTR_FREQUENCY_MISSING)
  }
}

extension AgentProgramStatistics {
  init(_ reader: AttributeReader) throws(AgentSessionError) {
    probe = try reader.text(LG_ATTR_PROBE)
    program = try reader.text(LG_ATTR_PROGRAM)
    runCount = try reader.number(LG_ATTR_RUN_COUNT)
    runNanoseconds = try reader.number(LG_ATTR_RUN_NS)
    recursionMisses = try reader.optionalNumber(LG_ATTR_RECURSION_MISSES) ?? 0
  }
}

extension AgentFile {
  init(_ reader: AttributeReader) throws(AgentSessionError) {
    path = try reader.text(LG_ATTR_PATH)
    data = reader.optional(LG_ATTR_DATA)
  }
}
