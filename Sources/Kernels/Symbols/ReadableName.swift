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
    return stem(String(cString: made))
  }

  /// What stands before the parameters: the first bracket that is in no other kind of brackets, and
  /// opens no `(anonymous namespace)`.
  static func stem(_ text: String) -> String {
    var name = ""
    var depth = 0
    var rest = Substring(text)
    while let character = rest.first {
      if depth == 0, character == "(" {
        guard rest.hasPrefix("(anonymous namespace)") || name.hasSuffix("operator") else { break }
        let part = rest.prefix { $0 != ")" } + ")"
        name += part
        rest = rest.dropFirst(part.count)
        continue
      }
      if character == "<" { depth += 1 }
      if character == ">" { depth -= 1 }
      name.append(character)
      rest = rest.dropFirst()
    }
    // Functions of templates say what they return.
    if name.contains("<"), let space = lastSpace(name) {
      name = String(name[name.index(after: space)...])
    }
    let parts = name.split(separator: "::", omittingEmptySubsequences: false)
    guard let last = parts.last, last.count == 17, last.first == "h",
      last.dropFirst().allSatisfy(\.isHexDigit)
    else { return name }
    return parts.dropLast().joined(separator: "::")
  }

  /// A space outside of brackets.
  private static func lastSpace(_ name: String) -> String.Index? {
    var depth = 0
    var found: String.Index?
    for index in name.indices {
      if name[index] == "<" || name[index] == "(" { depth += 1 }
      if name[index] == ">" || name[index] == ")" { depth -= 1 }
      if name[index] == " ", depth == 0 { found = index }
    }
    return found
  }
}

extension ProgramFile {
  /// The functions of a name: as the file has it, else as people write names of C++ and Rust.
  package func functions(named name: String) -> [Function] {
    if let found = functions[name] { return found }
    guard let last = name.split(separator: ":").last, name.contains("::") else { return [] }
    let own = last.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    return functions.filter { $0.key.contains(own) && ReadableName.of($0.key) == name }
      .flatMap(\.value)
  }
}
