import Foundation

/// The clang that builds probes and agents, and its companions.
struct Toolchain: Sendable, Equatable {
  /// Path to call it by.
  let compiler: String
  /// Changes when another compiler is installed in its place; costs no process.
  let identity: String

  /// Finds clang: `LATGATE_CLANG`, else beside the `swift` of `PATH`, else in `PATH`.
  ///
  /// Swift's toolchains have a clang with the targets needed; a distribution's may be older than
  /// the attributes that probes use.
  ///
  /// - Throws: `ProbeBuildError.compilerNotFound` with the places tried.
  static func find(environment: [String: String]) throws -> Toolchain {
    let path = Self.searchPath(environment)
    if let named = environment["LATGATE_CLANG"], !named.isEmpty {
      let places = named.contains("/") ? [named] : path.map { "\($0)/\(named)" }
      for place in places {
        if let found = Toolchain(compiler: place) { return found }
      }
      throw ProbeBuildError.compilerNotFound(tried: ["LATGATE_CLANG=\(named)"])
    }
    var tried: [String] = []
    for directory in path {
      let swift = URL(fileURLWithPath: "\(directory)/swift").resolvingSymlinksInPath()
      guard FileManager.default.isExecutableFile(atPath: swift.path) else { continue }
      tried.append(swift.deletingLastPathComponent().appendingPathComponent("clang").path)
      break
    }
    tried += path.map { "\($0)/clang" }
    for candidate in tried {
      if let found = Toolchain(compiler: candidate) { return found }
    }
    throw ProbeBuildError.compilerNotFound(tried: tried)
  }

  /// A program that belongs to the compiler: beside it, else in `PATH`.
  ///
  /// - Throws: `ProbeBuildError.toolNotFound` with the places tried.
  func companion(_ name: String, environment: [String: String]) throws -> String {
    let home = URL(fileURLWithPath: compiler).deletingLastPathComponent().path
    let resolved = URL(fileURLWithPath: compiler).resolvingSymlinksInPath()
      .deletingLastPathComponent().path
    let tried = ([home, resolved] + Self.searchPath(environment)).map { "\($0)/\(name)" }
    guard let found = tried.first(where: FileManager.default.isExecutableFile(atPath:)) else {
      throw ProbeBuildError.toolNotFound(name: name, tried: tried)
    }
    return found
  }

  /// Nil for anything but an executable file.
  private init?(compiler: String) {
    let file = URL(fileURLWithPath: compiler).resolvingSymlinksInPath().path
    guard FileManager.default.isExecutableFile(atPath: file),
      let stamp = FileStamp(path: file), stamp.isRegular
    else { return nil }
    self.compiler = compiler
    self.identity = "\(file) \(stamp.text)"
  }

  private static func searchPath(_ environment: [String: String]) -> [String] {
    (environment["PATH"] ?? "").split(separator: ":").map(String.init).filter { $0.hasPrefix("/") }
  }
}
