import AttachLadder
import Foundation
import KernelTypes
import ProbeBuild

/// What the files of a build say of its kernel, and the attach ladder's decisions from them: the
/// same code decides in the agent on a running kernel.
package struct KernelFacts: Sendable {
  package let kernel: KernelFile
  /// Nil = not given.
  package let config: KernelConfig?
  /// Path of `/proc/kallsyms` of the build, or `System.map`; nil = not given.
  package let kallsyms: String?

  package init(kernel: KernelFile, config: KernelConfig? = nil, kallsyms: String? = nil) {
    self.kernel = kernel
    self.config = config
    self.kallsyms = kallsyms
  }

  /// How one hook of a probe would be attached.
  package struct Choice: Sendable, Equatable {
    package let hook: String
    package let isOptional: Bool
    /// Empty when none is known to fit.
    package let rung: String
    /// Name of the program; nil when none is known to fit.
    package let program: String?
    /// None is known to fit, but one may: a file that would decide it was not given.
    package let isUnknown: Bool
    /// Why better rungs were passed over; empty when none was.
    package let why: String
  }

  /// Most hooks that a probe may have, as in the agent.
  private static let mostHooks = 64

  /// Whether the kernel itself carries its types, which the tp_btf rung needs.
  package var hasOwnBTF: Bool? {
    if let known = config?.hasBTF { return known }
    switch kernel.origin {
    case .vmlinux, .image: return true
    case .dwarf: return false
    case .btf: return nil
    }
  }

  /// Decides for several objects at once, as reading the types takes most of the time.
  ///
  /// - Parameters:
  ///   - objects: programs of each.
  ///   - cache: for a file that the ladder reads the types from.
  /// - Returns: the choices for each, hooks in the object's order.
  /// - Throws: ``KernelBTFError``.
  package func choices(
    for objects: [[ProbeObject.Program]], cache: BuildCache
  ) async throws -> [[Choice]] {
    try await cache.withWorkDirectory { work in
      let path = "\(work)/btf"
      try Data(kernel.types.bytes).write(to: URL(fileURLWithPath: path))
      return try decide(objects, btf: path)
    }
  }

  private func decide(_ objects: [[ProbeObject.Program]], btf: String) throws -> [[Choice]] {
    let strings = [strdup(btf), kallsyms.flatMap { strdup($0) }]
    defer { for string in strings { free(string) } }
    var sources = lg_ladder_sources(
      btf_path: UnsafePointer(strings[0]), module_btf_dir: nil,
      btf_in_kernel: Self.known(hasOwnBTF),
      tracefs: nil, kallsyms: UnsafePointer(strings[1]),
      kprobes: Self.known(config.flatMap(\.hasKprobes)),
      uprobes: Self.known(config.flatMap(\.hasUprobes)), elsewhere: true, types: nil)
    var ladder: OpaquePointer?
    var why = [CChar](repeating: 0, count: Int(LG_LADDER_WHY))
    guard lg_ladder_open(&ladder, &sources, &why, why.count) == 0 else {
      throw KernelBTFError.unusable(
        path: kernel.path, reason: Self.text(why), remedy: "copy the file again")
    }
    defer { lg_ladder_free(ladder) }
    return try objects.map { try choose($0, ladder) }
  }

  private func choose(
    _ programs: [ProbeObject.Program], _ ladder: OpaquePointer?
  ) throws -> [Choice] {
    let strings = programs.map { (name: strdup($0.name), section: strdup($0.section)) }
    defer {
      for string in strings {
        free(string.name)
        free(string.section)
      }
    }
    let candidates = strings.map {
      lg_candidate(program: UnsafePointer($0.name), section: UnsafePointer($0.section))
    }
    var choices = [lg_choice](repeating: lg_choice(), count: Self.mostHooks)
    var why = [CChar](repeating: 0, count: Int(LG_LADDER_WHY))
    let count = lg_ladder_choose(
      ladder, candidates, candidates.count, &choices, choices.count, &why, why.count)
    guard count >= 0 else {
      throw ProbeBuildError.badObject(what: "a probe's object", reason: Self.text(why))
    }
    return choices.prefix(Int(count)).map { choice in
      Choice(
        hook: Self.text(of: choice.hook), isOptional: choice.optional,
        rung: choice.rung.map { String(cString: $0) } ?? "",
        program: choice.candidate < 0 ? nil : programs[Int(choice.candidate)].name,
        isUnknown: choice.unknown, why: Self.text(of: choice.why))
    }
  }

  private static func known(_ fact: Bool?) -> lg_known {
    fact.map { $0 ? LG_YES : LG_NO } ?? LG_UNKNOWN
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Text of a C array, which Swift sees as a tuple.
  private static func text(of array: some Any) -> String {
    withUnsafeBytes(of: array) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
