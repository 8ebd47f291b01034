import Foundation
import KernelTypes
import ProbeBuild

/// Decides from a build's files which probes work on it: no device is needed.
package struct Preflight: Sendable {
  /// A probe with its object, as built for the kernel's architecture.
  package struct Probe: Sendable {
    package var name: String
    package var object: BuildArtifact
    /// Trace events that give the same without BPF.
    package var t0Events: [String]

    package init(name: String, object: BuildArtifact, t0Events: [String]) {
      self.name = name
      self.object = object
      self.t0Events = t0Events
    }
  }

  fileprivate struct Read: Sendable {
    var probe: Probe
    var programs: [ProbeObject.Program]
    var core: CoreObject
  }

  private let facts: KernelFacts
  private let cache: BuildCache

  package init(facts: KernelFacts, cache: BuildCache) {
    self.facts = facts
    self.cache = cache
  }

  /// Judges the probes, and compares with an earlier build where there is one. Throws
  /// ``KernelBTFError``, and `ProbeBuildError` for objects.
  package func run(
    _ probes: [Probe], abi: TargetABI, against previous: KernelFile? = nil
  ) async throws -> PreflightResult {
    let read = try probes.map(read)
    let choices = try await facts.choices(for: read.map(\.programs), cache: cache)
    let kernel = facts.kernel
    var result = PreflightResult(
      file: kernel.path, origin: kernel.origin.rawValue, types: kernel.types.count,
      buildID: kernel.buildID, abi: abi.rawValue,
      probes: try zip(read, choices).map { try judge($0, $1) })
    if let previous {
      let (compared, changes) = try named(previous.path) {
        try KernelComparer(before: previous.types, after: kernel.types).compare(
          read.map(\.dependencies))
      }
      result.comparison = KernelComparison(
        against: previous.path, buildID: previous.buildID, compared: compared, changes: changes)
    }
    return result
  }

  private func read(_ probe: Probe) throws -> Read {
    guard let data = FileManager.default.contents(atPath: probe.object.path) else {
      throw ProbeBuildError.file(path: probe.object.path, reason: "cannot be read")
    }
    let bytes = [UInt8](data)
    return Read(
      probe: probe, programs: try ProbeObject.inspect(bytes, name: probe.name).programs,
      core: try named(probe.name) { try CoreObject(bytes) })
  }

  private func named<T>(_ name: String, _ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let error as MalformedError {
      throw ProbeBuildError.badObject(what: name, reason: error.reason)
    }
  }

  private func judge(
    _ read: Read, _ choices: [KernelFacts.Choice]
  ) throws -> PreflightResult.Probe {
    let answers = try named(read.probe.name) { try read.core.answers(from: facts.kernel.types) }
    let chosen = choices.compactMap(\.program)
    let taken = answers.filter { chosen.contains($0.program) }
    // What a program attaches to is there, also where only kallsyms lists it.
    let attached = read.programs.filter { chosen.contains($0.name) }.compactMap(\.tracepoint)
    let unmet = unique(taken.flatMap(\.unmet).map(\.complaint))
    let spared = unique(
      taken.flatMap { program in
        program.all.filter { $0.outcome == .missing && !program.unmet.contains($0) }
      }.map(\.subject))
    let hooks = choices.map { choice in
      PreflightResult.Hook(
        hook: choice.hook, isOptional: choice.isOptional,
        outcome: choice.program != nil ? .fits : choice.isUnknown ? .unknown : .lost,
        rung: choice.rung, why: choice.why)
    }
    let (outcome, reasons) = conclude(hooks, unmet: unmet)
    return PreflightResult.Probe(
      probe: read.probe.name, outcome: outcome, reasons: reasons, hooks: hooks,
      reads: Set(taken.flatMap(\.all).filter { $0.outcome != .missing }.map(\.subject)).count,
      spared: spared, t0Events: read.probe.t0Events,
      t0Present: read.probe.t0Events.filter {
        attached.contains($0) || facts.kernel.types.arguments(of: $0) != nil
      })
  }

  private func conclude(
    _ hooks: [PreflightResult.Hook], unmet: [String]
  ) -> (PreflightResult.Outcome, [String]) {
    if let config = facts.config, !config.missing.isEmpty {
      return (.lost, ["the kernel is built without \(config.missing.joined(separator: ", "))"])
    }
    // Where none is needed by itself, one of them is.
    let needed = hooks.contains { !$0.isOptional } ? hooks.filter { !$0.isOptional } : hooks
    let isAny = !hooks.contains { !$0.isOptional }
    let open = needed.filter { $0.outcome != .fits }
    let isHeld = isAny ? open.count < needed.count : open.isEmpty
    let unknown = facts.config?.unknown ?? []
    guard isHeld, unmet.isEmpty else {
      let gone = isHeld ? [] : open.map { "hook \($0.hook): \($0.why)" }
      let isLost =
        !unmet.isEmpty
        || (isAny
          ? open.allSatisfy { $0.outcome == .lost } : open.contains { $0.outcome == .lost })
      return (isLost ? .lost : .unknown, unmet + gone)
    }
    guard unknown.isEmpty else {
      return (
        .unknown,
        [
          "the configuration names only some options, not \(unknown.joined(separator: ", ")): give "
            + "the whole .config of the build, or /proc/config.gz of a device that runs it"
        ]
      )
    }
    return (.fits, [])
  }

  private func unique(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
  }
}

extension Preflight.Read {
  fileprivate var dependencies: KernelComparer.Probe {
    let sections = programs.map { $0.section.split(separator: "/").map(String.init) }
    return KernelComparer.Probe(
      name: probe.name, object: core,
      tracepoints: Set(programs.compactMap(\.tracepoint)).sorted(),
      events: Set(
        sections.filter { $0.count == 3 && $0[0] == "tracepoint" }.map { $0[2] }
      ).sorted(),
      functions: Set(sections.filter { $0[0].hasSuffix("probe") && $0.count == 2 }.map { $0[1] })
        .sorted())
  }
}

extension CoreAnswer {
  private func misfit(at place: FieldPlace) -> String {
    switch misfit {
    case .size, nil: "has another width here: \(place.type), \(place.size) bytes"
    case .bits: "is a bit-field here: \(place.type), \(place.bits?.size ?? 0) bits"
    case .pointee: "points to another type here: \(place.type)"
    }
  }

  /// Why a program that needs it cannot be loaded.
  fileprivate var complaint: String {
    switch outcome {
    case .missing: "reads \(subject), which this kernel does not have"
    case .ambiguous: "reads \(subject), which this kernel has more than once, differently"
    case .value: "reads \(subject), which \(place.map { misfit(at: $0) } ?? "differs here")"
    }
  }
}
