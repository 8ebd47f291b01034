import Catalogs
import Foundation
import POSIXSupport
import ProbePrograms

/// Builds what a device needs: probes, agent, load helper and system call names.
///
/// Everything is cached by the contents of its inputs; a build in which nothing changed starts no
/// process.
package struct ProbeBuilder: Sendable {
  let share: ShareRoot
  let cache: BuildCache
  let tools: BuildTools
  /// Whether what is built goes into the share directory as well; see ``ShareRoot/shipped``.
  package var ships = false

  /// - Parameters:
  ///   - share: where the sources are.
  ///   - cacheDirectory: directory for built files; the user's own cache if nil.
  ///   - environment: for `PATH` and `LATGATE_CLANG`.
  /// - Throws: `SystemCallError` where the user's cache directory cannot be made.
  package init(
    share: ShareRoot, cacheDirectory: String? = nil,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    self.init(
      share: share, cacheDirectory: try cacheDirectory ?? BuildCache.ofUser().directory,
      environment: environment, sysroot: Sysroot.debian)
  }

  init(
    share: ShareRoot, cacheDirectory: String, environment: [String: String],
    sysroot: @escaping Sysroot.Provider
  ) {
    self.share = share
    self.cache = BuildCache(directory: cacheDirectory)
    tools = BuildTools(environment: environment, sysroot: sysroot)
  }

  /// Builds everything for one ABI, as much at a time as there are CPUs.
  ///
  /// - Parameters:
  ///   - abi: the device's.
  ///   - probes: what the manifests say to build.
  ///   - progress: called with one line for people per thing that is really built.
  /// - Returns: files in the cache, ready to be pushed.
  /// - Throws: `ProbeBuildError`, `DebianRootError` where the sysroot cannot be made.
  package func build(
    abi: TargetABI, probes: [ProbeSource],
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> ProbeBundle {
    let context = context(abi, progress)
    var jobs: [@Sendable () async throws -> Built] = [
      { .agent(try await context.program(.agent)) },
      { .loadHelper(try await context.program(.loadHelper)) },
      { .systemCalls(try await context.systemCalls()) },
    ]
    for probe in probes {
      jobs.append {
        // A host that cannot build may want a scope, too.
        if ships, probe.isScopable { _ = try await context.object(probe.scoped) }
        return .object(probe.name, try await context.object(probe))
      }
    }
    var agent: BuildArtifact?
    var loadHelper: BuildArtifact?
    var systemCalls: SystemCallTable?
    var objects: [String: BuildArtifact] = [:]
    let width = ProcessInfo.processInfo.activeProcessorCount
    for result in try await LimitedParallel.run(jobs, width: width) {
      switch result {
      case .agent(let artifact): agent = artifact
      case .loadHelper(let artifact): loadHelper = artifact
      case .systemCalls(let table): systemCalls = table
      case .object(let name, let artifact): objects[name] = artifact
      }
    }
    guard let agent, let loadHelper, let systemCalls else {
      preconditionFailure("every job gave a result")
    }
    return ProbeBundle(
      abi: abi, agent: agent, loadHelper: loadHelper, objects: objects, systemCalls: systemCalls)
  }

  /// Builds one probe alone.
  ///
  /// - Throws: as `build`; `ProbeBuildError.compilationFailed` for errors in the source.
  package func object(
    of probe: ProbeSource, abi: TargetABI,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> BuildArtifact {
    try await context(abi, progress).object(probe)
  }

  /// Builds the agent of fielded devices, which no host drives.
  ///
  /// - Throws: as ``build(abi:probes:progress:)``.
  package func fieldAgent(
    of abi: TargetABI, progress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> BuildArtifact {
    try await context(abi, progress).program(.fieldAgent)
  }

  /// As ``object(of:abi:progress:)``, with the names of its hooks also where prepared programs
  /// serve.
  ///
  /// - Throws: as ``object(of:abi:progress:)``, `SystemCallError`.
  package func namedObject(
    of manifest: ProbeManifest, abi: TargetABI,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> BuildArtifact {
    let source = ProbeSource(manifest).prepared
    let artifact = try await object(of: source, abi: abi, progress: progress)
    guard let template = SpanTemplate(manifest),
      let data = FileManager.default.contents(atPath: artifact.path)
    else { return artifact }
    let bytes: [UInt8]
    do {
      bytes = try template.named(Array(data))
    } catch {
      throw ProbeBuildError.badObject(what: manifest.name, reason: "\(error)")
    }
    var inputs = InputHash()
    inputs.add("object", artifact.hash)
    inputs.add("hooks", template.places)
    return try await cache.withWorkDirectory { work in
      let path = "\(work)/object"
      try AtomicFile.write(bytes, to: path, durable: false)
      return try cache.publish(path, as: "\(manifest.name)-\(abi.rawValue)-\(inputs.key()).bpf.o")
    }
  }

  /// Builds one probe for Android's bpfloader: no `.bss`, and one program per hook to be loaded.
  ///
  /// - Throws: as ``object(of:abi:progress:)``.
  package func pinnedObject(
    of probe: ProbeSource, abi: TargetABI,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> BuildArtifact {
    try await context(abi, progress).object(probe, isPinned: true)
  }

  /// System call names of an ABI, also of the 32-bit one beside a 64-bit agent.
  package func systemCalls(
    of abi: TargetABI, progress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> SystemCallTable {
    try await context(abi, progress).systemCalls()
  }

  private enum Built: Sendable {
    case agent(BuildArtifact)
    case loadHelper(BuildArtifact)
    case systemCalls(SystemCallTable)
    case object(String, BuildArtifact)
  }

  func context(
    _ abi: TargetABI, _ progress: @escaping @Sendable (String) -> Void
  ) -> BuildContext {
    BuildContext(
      abi: abi, share: share, cache: cache, tools: tools, ships: ships, progress: progress)
  }

  /// Whether agent, load helper and these probes are built and shipped for an ABI.
  package func isShipped(abi: TargetABI, probes: [ProbeSource]) async -> Bool {
    let shipped = ProbeBuilder(
      share: share, cacheDirectory: cache.directory, environment: [:],
      sysroot: { _, _ in throw ProbeBuildError.compilerNotFound(tried: []) })
    return (try? await shipped.build(abi: abi, probes: probes)) != nil
  }

  /// Finds clang and asks whether it can build probes.
  /// - Returns: its path.
  /// - Throws: `ProbeBuildError` with what is missing.
  package func requireCompiler() async throws -> String {
    let toolchain = try Toolchain.find(environment: tools.environment)
    try await Compiler(toolchain: toolchain, environment: tools.environment).requireBPF()
    _ = try toolchain.companion("llvm-objcopy", environment: tools.environment)
    _ = try toolchain.companion("ld.lld", environment: tools.environment)
    return toolchain.compiler
  }
}
