import Foundation
import POSIXSupport

/// One build for one ABI: what is compiled, with which flags, and what it depends on.
struct BuildContext: Sendable {
  /// Raised when cached files of an earlier release must not be used.
  private static let format = "2"

  let abi: TargetABI
  let share: ShareRoot
  let cache: BuildCache
  /// What a build takes; not looked for when everything is built already.
  let tools: BuildTools
  /// Whether what is built goes beside the sources as well, for hosts that cannot build it.
  let ships: Bool
  let progress: @Sendable (String) -> Void

  /// A static executable.
  func program(_ program: AgentProgram) async throws -> BuildArtifact {
    let flags = abi.compilerFlags + AgentProgram.flags(share: "")
    var inputs = inputs(kind: program.rawValue, flags: flags + program.libraries)
    for directory in program.trees {
      try inputs.add(tree: "\(share.path)/\(directory)", as: directory)
    }
    let name = "\(program.rawValue)-\(abi.rawValue)-"
    return try await cached(name, inputs) { work, compiler, sysroot in
      let excluded = program.excludedSources.map { "\(share.path)/\($0)" }
      let sources = program.sourceDirectories.flatMap(sources(in:)).filter {
        !excluded.contains($0)
      }
      guard !sources.isEmpty else {
        throw ProbeBuildError.file(
          path: "\(share.path)/\(program.sourceDirectories[0])", reason: "has no C sources")
      }
      let output = "\(work)/program"
      try await compiler.compile(
        abi.compilerFlags + ["--sysroot=\(sysroot.path)"]
          + AgentProgram.flags(share: share.path)
          + program.includeDirectories.flatMap { ["-I", "\(share.path)/\($0)"] }
          + sources + program.libraries + ["-o", output],
        what: "\(program.rawValue) (\(abi.rawValue))", isProbe: false)
      return output
    }
  }

  /// A CO-RE object.
  ///
  /// Instruction set v2 is what kernels from 4.14 know; v3 saved 1% of the run-queue probe's
  /// instructions and needs 5.1.
  ///
  /// - Parameters:
  ///   - source: what to compile.
  ///   - isPinned: whether Android's bpfloader loads it; see ``PinnedPrograms``.
  /// - Returns: the object in the cache.
  /// - Throws: `ProbeBuildError`.
  func object(_ source: ProbeSource, isPinned: Bool = false) async throws -> BuildArtifact {
    if source.isForeign { return try await foreign(source) }
    let probe = try source.compiled(isPinned: isPinned)
    let directory = URL(fileURLWithPath: probe.path).standardizedFileURL.deletingLastPathComponent()
    let flags =
      [
        "--target=bpf", "-g", "-O2", "-mcpu=v2", "-D__TARGET_ARCH_\(abi.bpfArchitecture)",
        "-Wall", "-Wextra", "-Werror",
      ] + (isPinned ? ["-DLG_WINDOW_MAP"] : []) + (probe.isScoped ? ["-DLG_SCOPED"] : [])
    let includes = ["bpf/include", "\(AgentProgram.deviceSources)/CAgentABI/include"]
    var inputs = inputs(kind: "probe", flags: flags)
    inputs.add("source", try probe.text())
    for include in includes { try inputs.add(tree: "\(share.path)/\(include)", as: include) }
    for header in headers(beside: directory.path) {
      try inputs.add(file: "\(directory.path)/\(header)", as: header)
    }
    return try await cached("\(probe.name)-\(abi.rawValue)-", inputs, suffix: ".bpf.o") {
      work, compiler, sysroot in
      try await compiler.requireBPF()
      let output = "\(work)/object"
      var source = probe.path
      if let written = probe.written {
        source = "\(work)/\(probe.name)\(ProbeSource.suffix)"
        try AtomicFile.write(written.utf8, to: source, durable: false)
      }
      try await compiler.compile(
        flags + sysroot.includes(abi) + includes.flatMap { ["-I", "\(share.path)/\($0)"] }
          + [directory.path, sysroot.path, share.path, work].map { "-ffile-prefix-map=\($0)/=" }
          + ["-ffile-compilation-dir=.", "-c", source, "-o", output],
        what: probe.path, isProbe: true)
      try await compiler.stripDebugInformation(output)
      let bytes = FileManager.default.contents(atPath: output) ?? Data()
      let object = try ProbeObject.inspect(Array(bytes), name: probe.path)
      if isPinned, let objection = PinnedPrograms.objection(to: object.programs) {
        throw ProbeBuildError.badObject(what: probe.path, reason: objection)
      }
      return output
    }
  }

  /// An object that others have built, as it is.
  private func foreign(_ source: ProbeSource) async throws -> BuildArtifact {
    guard let data = FileManager.default.contents(atPath: source.path) else {
      throw ProbeBuildError.file(path: source.path, reason: "cannot be read")
    }
    var inputs = inputs(kind: "foreign", flags: [])
    inputs.add("object", data.base64EncodedString())
    let name = "\(source.name)-\(inputs.key()).bpf.o"
    if let found = cache.find(name) { return found }
    return try await cache.withWorkDirectory { work in
      let path = "\(work)/object"
      try AtomicFile.write(data, to: path, durable: false)
      return try cache.publish(path, as: name)
    }
  }

  /// The numbers in the sysroot's kernel headers.
  func systemCalls() async throws -> SystemCallTable {
    let flags = abi.compilerFlags + ["-dM", "-E", "-x", "c", "-include", "asm/unistd.h"]
    let inputs = inputs(kind: "syscalls", flags: flags)
    let name = "syscalls-\(abi.rawValue)-"
    let artifact = try await cached(name, inputs) { work, compiler, sysroot in
      let macros = try await compiler.compile(
        flags + sysroot.includes(abi) + ["/dev/null"], what: "asm/unistd.h (\(abi.rawValue))",
        isProbe: false)
      let output = "\(work)/syscalls"
      let table = SystemCallTable(macros: macros)
      try AtomicFile.write(table.text.utf8, to: output, durable: false)
      return output
    }
    let data = FileManager.default.contents(atPath: artifact.path) ?? Data()
    guard let table = SystemCallTable(text: String(decoding: data, as: UTF8.self)) else {
      throw ProbeBuildError.file(path: artifact.path, reason: "is no system call table")
    }
    return table
  }

  private func inputs(kind: String, flags: [String]) -> InputHash {
    var inputs = InputHash()
    inputs.add("format", Self.format)
    inputs.add("kind", kind)
    inputs.add("flag", flags)
    return inputs
  }

  /// What was shipped for these sources, or built for them with these tools, or is built now.
  private func cached(
    _ name: String, _ inputs: InputHash, suffix: String = "",
    _ make: (String, Compiler, Sysroot) async throws -> String
  ) async throws -> BuildArtifact {
    let shippedName = name + inputs.key() + suffix
    if !ships, let found = share.shipped.find(shippedName) { return found }
    let (compiler, sysroot) = try await tools.find(abi, progress)
    var inputs = inputs
    inputs.add("compiler", compiler.toolchain.identity)
    inputs.add("sysroot", sysroot.identity)
    let fullName = name + inputs.key() + suffix
    var built = cache.find(fullName)
    if built == nil {
      built = try await cache.withWorkDirectory { work in
        progress("building \(name.dropLast())")
        return try cache.publish(try await make(work, compiler, sysroot), as: fullName)
      }
    }
    guard let built else { preconditionFailure("found or published") }
    if ships { try share.shipped.copy(built, as: shippedName) }
    return built
  }

  private func sources(in directory: String) -> [String] {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: "\(share.path)/\(directory)")) ?? []
    return names.sorted().filter { $0.hasSuffix(".c") }.map { "\(share.path)/\(directory)/\($0)" }
  }

  private func headers(beside directory: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    return names.sorted().filter { $0.hasSuffix(".h") }
  }
}
