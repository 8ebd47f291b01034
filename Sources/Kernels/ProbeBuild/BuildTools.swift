/// The compiler and the sysroot of a build, found when the first thing has to be built.
struct BuildTools: Sendable {
  /// For `PATH` and `LATGATE_CLANG`.
  let environment: [String: String]
  let sysroot: Sysroot.Provider

  /// - Throws: `ProbeBuildError.compilerNotFound`, `DebianRootError`.
  func find(
    _ abi: TargetABI, _ progress: @Sendable (String) -> Void
  ) async throws -> (Compiler, Sysroot) {
    let toolchain = try Toolchain.find(environment: environment)
    return (
      Compiler(toolchain: toolchain, environment: environment),
      try await sysroot(abi, progress)
    )
  }
}
