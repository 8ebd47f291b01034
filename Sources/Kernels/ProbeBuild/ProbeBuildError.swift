/// Why probes or the agent could not be built.
package enum ProbeBuildError: Error, Equatable {
  /// The directory with `bpf/` and `targets/` is in none of these places.
  case shareNotFound(tried: [String])
  /// No clang was found in these places.
  case compilerNotFound(tried: [String])
  /// This clang cannot compile for `target`.
  case compilerLacksTarget(compiler: String, target: String)
  /// A program of the toolchain is missing beside clang.
  case toolNotFound(name: String, tried: [String])
  /// clang refused a source; `log` has its messages with file, line and context.
  /// `isProbe`: the user's probe, not one of the tool's own C sources.
  case compilationFailed(what: String, isProbe: Bool, log: String)
  /// A built object is not what the agent can load.
  case badObject(what: String, reason: String)
  /// A source or cache file could not be read or written.
  case file(path: String, reason: String)

  /// Exit code for the command line: 65 where the user's probe is at fault, 64 for a wrong name
  /// or directory, else 70.
  package var exitCode: Int32 {
    switch self {
    case .compilationFailed(_, let isProbe, _): isProbe ? 65 : 70
    case .badObject: 65
    case .shareNotFound: 64
    case .compilerNotFound, .compilerLacksTarget, .toolNotFound, .file: 70
    }
  }
}

extension ProbeBuildError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .shareNotFound(let tried):
      """
      no directory with 'bpf' and 'targets' found; tried \(tried.joined(separator: ", ")); \
      name it with --share or LATGATE_SHARE
      """
    case .compilerNotFound(let tried):
      """
      no clang found; tried \(tried.joined(separator: ", ")); put a Swift toolchain's directory in \
      PATH or set LATGATE_CLANG
      """
    case .compilerLacksTarget(let compiler, let target):
      """
      \(compiler) cannot compile for '\(target)'; set LATGATE_CLANG to a clang that can, such as \
      that of a Swift toolchain
      """
    case .toolNotFound(let name, let tried):
      """
      \(name) not found; tried \(tried.joined(separator: ", ")); it comes with a Swift toolchain \
      and with Debian's package 'llvm'
      """
    case .compilationFailed(let what, _, let log):
      "\(what) does not compile:\n\(log)"
    case .badObject(let what, let reason):
      "\(what): \(reason)"
    case .file(let path, let reason):
      "\(path): \(reason)"
    }
  }
}
