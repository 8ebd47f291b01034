import Glibc

/// Names of C++ and Rust as people write them: `app::Request::handle` of `_ZN3app7Request6handleEv`.
enum ReadableName {
  private typealias Demangle =
    @convention(c) (
      UnsafePointer<CChar>, UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<Int>?,
      UnsafeMutablePointer<Int32>?
    ) -> UnsafeMutablePointer<CChar>?

  /// Of the C++ library, which programs of Swift have with them.
  private static let demangle: Demangle? = dlsym(nil, "__cxa_demangle").map {
    unsafeBitCast($0, to: Demangle.self)
  }

  /// Reading a longer one takes more stack than there may be.
  private static let mostBytes = 4096

  /// Without parameters, and without the hash that Rust puts behind; nil for names of other kinds.
  static func of(_ symbol: String) -> String? {
    guard symbol.hasPrefix("_Z"), symbol.utf8.count <= mostBytes, let demangle else { return nil }
    var status: Int32 = 0
    guard let made = demangle(symbol, nil, nil, &status) else { return nil }
    defer { free(made) }
    guard status == 0 else { return nil }
    return withoutHash(DemangledName.stem(String(cString: made)))
  }

  private static func withoutHash(_ name: String) -> String {
    let parts = name.split(separator: "::", omittingEmptySubsequences: false)
    guard let last = parts.last, last.count == 17, last.first == "h",
      last.dropFirst().allSatisfy(\.isHexDigit)
    else { return name }
    return parts.dropLast().joined(separator: "::")
  }
}

extension ProgramFile {
  /// The functions of a name: as the file has it, else as people write names of C++ and Rust.
  package func functions(named name: String) -> [Function] {
    if let found = functions[name] { return found }
    guard name.contains("::") || name.hasPrefix("operator") else { return [] }
    // Symbols have codes for operators.
    let last = name.contains("operator") ? nil : name.split(separator: ":").last
    let own = last?.prefix { $0.isLetter || $0.isNumber || $0 == "_" } ?? ""
    return functions.filter { symbol, _ in
      (own.isEmpty || symbol.contains(own)) && ReadableName.of(symbol) == name
    }.flatMap(\.value)
  }
}
