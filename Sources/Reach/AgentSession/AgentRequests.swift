import CAgentABI

/// Something the agent does on the device during a phase.
package enum AgentStep: Sendable, Equatable {
  /// Runs a program; `argv` holds at least its name.
  case run(argv: [String], timeout: Duration)
  case sleep(Duration)

  /// The longest it may take.
  package var limit: Duration {
    switch self {
    case .run(_, let timeout): timeout
    case .sleep(let length): length
    }
  }

  func put(into writer: inout AttributeWriter) throws(AgentSessionError) {
    switch self {
    case .run(let argv, let timeout):
      if argv.isEmpty || argv.contains(where: { $0.utf8.contains(0) }) {
        throw .invalidRequest("a step needs a program, and no argument may hold a NUL")
      }
      writer.put(LG_ATTR_STEP) {
        $0.put(LG_ATTR_ARGV, Array(argv.joined(separator: "\0").utf8))
        $0.put(LG_ATTR_TIMEOUT_MS, timeout.wholeMilliseconds)
      }
    case .sleep(let length):
      writer.put(LG_ATTR_STEP) { $0.put(LG_ATTR_SLEEP_NS, length.wholeNanoseconds) }
    }
  }
}

/// Whose operations probes measure.
package enum AgentScope: Sendable, Equatable {
  /// A thread's name of 1 to 15 bytes, or that of its process.
  case comm(String)
  /// A process with all its threads, or one thread.
  case pid(UInt32)
  /// A cgroup's directory on the device.
  case cgroup(String)

  func put(into writer: inout AttributeWriter) {
    switch self {
    case .comm(let name): writer.put(LG_ATTR_SCOPE_COMM, text: name)
    case .pid(let number): writer.put(LG_ATTR_SCOPE_PID, number)
    case .cgroup(let directory): writer.put(LG_ATTR_SCOPE_CGROUP, text: directory)
    }
  }
}

/// A metric of a probe, as its manifest describes it.
package struct AgentMetric: Sendable, Equatable {
  /// Unique in the session.
  package var id: UInt32
  /// `LG_KIND_…`: what it gives.
  package var kind: UInt8
  /// The map of what it gives.
  package var map: String
  /// Index in the counters' map.
  package var countersIndex: UInt32
  /// The map from label keys to names; nil when there is none.
  package var namesMap: String?

  package init(
    id: UInt32, kind: UInt8 = UInt8(LG_KIND_HISTOGRAM), map: String,
    countersIndex: UInt32, namesMap: String? = nil
  ) {
    self.id = id
    self.kind = kind
    self.map = map
    self.countersIndex = countersIndex
    self.namesMap = namesMap
  }

  func put(into writer: inout AttributeWriter) {
    writer.put(LG_ATTR_METRIC) {
      $0.put(LG_ATTR_METRIC_ID, id)
      $0.put(LG_ATTR_KIND, UInt32(kind))
      $0.put(LG_ATTR_MAP, text: map)
      $0.put(LG_ATTR_COUNTERS_INDEX, countersIndex)
      if let namesMap { $0.put(LG_ATTR_NAMES_MAP, text: namesMap) }
    }
  }
}

/// Where a hook of the rung uprobe is: places in a file of the device, and what the file must have
/// there. The agent refuses another file.
package struct AgentSites: Sendable, Equatable {
  /// An instruction.
  package struct Site: Sendable, Equatable {
    /// In the file.
    package var offset: UInt64
    /// 1 to 16 bytes that stand there.
    package var code: [UInt8]
    /// Where in the file the kernel counts who listens; nil = it does not.
    package var semaphore: UInt64?

    package init(offset: UInt64, code: [UInt8], semaphore: UInt64? = nil) {
      self.offset = offset
      self.code = code
      self.semaphore = semaphore
    }
  }

  package var hook: String
  package var path: String
  /// Contents of a note that the file must have, such as its build-id; empty = not asked for.
  package var identity: [UInt8]
  package var sites: [Site]

  package init(hook: String, path: String, identity: [UInt8], sites: [Site]) {
    self.hook = hook
    self.path = path
    self.identity = identity
    self.sites = sites
  }

  func put(into writer: inout AttributeWriter) {
    writer.put(LG_ATTR_SITES) {
      $0.put(LG_ATTR_HOOK, text: hook)
      $0.put(LG_ATTR_PATH, text: path)
      if !identity.isEmpty { $0.put(LG_ATTR_FILE_ID, identity) }
      for site in sites {
        $0.put(LG_ATTR_SITE) {
          $0.put(LG_ATTR_SITE_OFFSET, site.offset)
          $0.put(LG_ATTR_SITE_CODE, site.code)
          if let semaphore = site.semaphore { $0.put(LG_ATTR_SITE_SEMAPHORE, semaphore) }
        }
      }
    }
  }
}

/// A probe to be loaded.
package struct AgentProbe: Sendable, Equatable {
  package var name: String
  /// The BPF object file's bytes.
  package var object: [UInt8]
  package var metrics: [AgentMetric]
  /// External BTF on the device; nil = the kernel's own.
  package var btfPath: String?
  /// Of hooks in programs and libraries.
  package var sites: [AgentSites]
  /// Of an object of another tool, which programs are loaded; it has no metrics then.
  package var programs: [String]

  package init(
    name: String, object: [UInt8], metrics: [AgentMetric], btfPath: String? = nil,
    sites: [AgentSites] = [], programs: [String] = []
  ) {
    self.name = name
    self.object = object
    self.metrics = metrics
    self.btfPath = btfPath
    self.sites = sites
    self.programs = programs
  }

  var request: AgentRequest {
    var writer = AttributeWriter()
    writer.put(LG_ATTR_PROBE, text: name)
    writer.put(LG_ATTR_OBJECT_SIZE, UInt32(clamping: object.count))
    for metric in metrics { metric.put(into: &writer) }
    for place in sites { place.put(into: &writer) }
    for program in programs { writer.put(LG_ATTR_PROGRAM, text: program) }
    if let btfPath { writer.put(LG_ATTR_BTF_PATH, text: btfPath) }
    return AgentRequest(type: LG_MSG_LOAD, name: "LOAD", payload: writer.bytes, blob: object)
  }
}

/// A probe that the firmware pinned at boot.
package struct AgentPinnedProbe: Sendable, Equatable {
  package var name: String
  package var metrics: [AgentMetric]
  /// Directory of its pins on the device; nil = the agent looks where the firmware kit puts them.
  package var directory: String?
  /// File with the pins' manifest; nil = the one that is pinned beside them.
  package var manifest: String?

  package init(
    name: String, metrics: [AgentMetric], directory: String? = nil, manifest: String? = nil
  ) {
    self.name = name
    self.metrics = metrics
    self.directory = directory
    self.manifest = manifest
  }

  var request: AgentRequest {
    var writer = AttributeWriter()
    writer.put(LG_ATTR_PROBE, text: name)
    for metric in metrics { metric.put(into: &writer) }
    if let directory { writer.put(LG_ATTR_PIN_DIRECTORY, text: directory) }
    if let manifest { writer.put(LG_ATTR_PIN_MANIFEST, text: manifest) }
    return AgentRequest(type: LG_MSG_LOAD_PINNED, name: "LOAD_PINNED", payload: writer.bytes)
  }
}

/// A probe to be made of trace events.
package struct AgentTraceProbe: Sendable, Equatable {
  /// A metric, and how the agent makes it of events.
  package struct Metric: Sendable, Equatable {
    package enum Source: Sendable, Equatable {
      /// It is one that the agent knows, by its name in the manifest.
      case known(String)
      /// A table, as the bytes of `span_declaration.h`.
      case spans([UInt8])
    }

    /// Unique in the session, among those of ``AgentMetric`` too.
    package var id: UInt32
    package var source: Source

    package init(id: UInt32, source: Source) {
      self.id = id
      self.source = source
    }

    func put(into writer: inout AttributeWriter) {
      writer.put(LG_ATTR_METRIC) {
        $0.put(LG_ATTR_METRIC_ID, id)
        switch source {
        case .known(let name): $0.put(LG_ATTR_METRIC_NAME, text: name)
        case .spans(let bytes): $0.put(LG_ATTR_SPANS, bytes)
        }
      }
    }
  }

  package var name: String
  package var metrics: [Metric]

  package init(name: String, metrics: [Metric]) {
    self.name = name
    self.metrics = metrics
  }

  var request: AgentRequest {
    var writer = AttributeWriter()
    writer.put(LG_ATTR_PROBE, text: name)
    for metric in metrics { metric.put(into: &writer) }
    return AgentRequest(type: LG_MSG_LOAD_TRACE, name: "LOAD_TRACE", payload: writer.bytes)
  }
}

/// A part of a workload that is measured in one window.
package struct AgentPhase: Sendable, Equatable {
  /// 1-255.
  package var number: UInt8
  /// How long starts are stamped before the window opens.
  package var preRoll: Duration
  /// The longest wait for operations in flight.
  package var drain: Duration
  package var steps: [AgentStep]

  package init(number: UInt8, preRoll: Duration, drain: Duration, steps: [AgentStep]) {
    self.number = number
    self.preRoll = preRoll
    self.drain = drain
    self.steps = steps
  }
}

extension Duration {
  /// Clamped to what 64 bits hold; negative lengths count as 0.
  var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    if seconds < 0 || attoseconds < 0 { return 0 }
    let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max : product &+ UInt64(attoseconds / 1_000_000_000)
  }

  /// Rounded up, clamped to what 32 bits hold (49 days).
  var wholeMilliseconds: UInt32 {
    let nanoseconds = wholeNanoseconds
    return UInt32(clamping: nanoseconds / 1_000_000 + (nanoseconds % 1_000_000 == 0 ? 0 : 1))
  }
}
