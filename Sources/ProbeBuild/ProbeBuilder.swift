import Foundation
import POSIXSupport

/// Builds what a device needs: probes, agent, load helper and system call names.
///
/// Everything is cached by the contents of its inputs; a build in which nothing changed starts no
/// process.
package struct ProbeBuilder: Sendable {
  let share: ShareRoot
  let cache: BuildCache
  let environment: [String: String]
  let sysroot: Sysroot.Provider

  /// - Parameters:
  ///   - share: where the sources are.
  ///   - cacheFolder: folder for built files; the user's own cache if nil.
  ///   - environment: for `PATH` and `LATGATE_CLANG`.
  /// - Throws: `SystemCallError` where the user's cache folder cannot be made.
  package init(
    share: ShareRoot, cacheFolder: String? = nil,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    self.init(
      share: share, cacheFolder: try cacheFolder ?? BuildCache.ofUser().folder,
      environment: environment, sysroot: Sysroot.debian)
  }

  init(
    share: ShareRoot, cacheFolder: String, environment: [String: String],
    sysroot: @escaping Sysroot.Provider
  ) {
    self.share = share
    self.cache = BuildCache(folder: cacheFolder)
    self.environment = environment
    self.sysroot = sysroot
  }

  /// Builds everything for one ABI, as much at a time as there are CPUs.
  ///
  /// - Parameters:
  ///   - abi: the device's.
  ///   - probes: from `ShareRoot.probe(named:)`, or the user's own.
  ///   - progress: called with one line for people per thing that is really built.
  /// - Returns: files in the cache, ready to be pushed.
  /// - Throws: `ProbeBuildError`, `DebianRootError` where the sysroot cannot be made.
  package func build(
    abi: TargetABI, probes: [ProbeSource],
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> ProbeBundle {
    let context = try await context(abi, progress)
    var jobs: [@Sendable () async throws -> Built] = [
      { .agent(try await context.program(.agent)) },
      { .loadHelper(try await context.program(.loadHelper)) },
      { .systemCalls(try await context.systemCalls()) },
    ]
    for probe in probes {
      jobs.append { .object(probe.name, try await context.object(probe)) }
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

  /// Builds one probe for Android's bpfloader: no `.bss`, and one program per hook to be loaded.
  ///
  /// - Throws: as ``object(of:abi:progress:)``.
  package func pinnedObject(
    of probe: ProbeSource, abi: TargetABI,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> BuildArtifact {
    try await context(abi, progress).pinnedObject(probe)
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
  ) async throws -> BuildContext {
    let toolchain = try Toolchain.find(environment: environment)
    let sysroot = try await sysroot(abi, progress)
    return BuildContext(
      abi: abi, share: share, cache: cache, sysroot: sysroot,
      compiler: Compiler(toolchain: toolchain, environment: environment), progress: progress)
  }
}
