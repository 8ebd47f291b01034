/// System call names of one ABI by number.
package struct SystemCallTable: Sendable, Equatable {
  /// Names without prefix, such as `openat`, by number.
  package let names: [Int: String]

  package init(names: [Int: String]) {
    self.names = names
  }

  /// The name of a number; nil for one that the headers do not know.
  package func name(_ number: Int) -> String? { names[number] }

  /// Reads the macros of `asm/unistd.h` as `clang -dM -E` prints them.
  ///
  /// Values may be literals, other macros, or sums in brackets (`(__NR_SYSCALL_BASE+ 5)` on arm).
  package init(macros text: String) {
    var definitions: [Substring: Substring] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(separator: " ", maxSplits: 2)
      if words.count == 3, words[0] == "#define" { definitions[words[1]] = words[2] }
    }
    func value(_ expression: Substring, depth: Int) -> Int? {
      if depth > 8 { return nil }
      let terms = expression.filter { !"() ".contains($0) }.split(separator: "+")
      var sum = 0
      for term in terms {
        if let number = number(term) {
          sum += number
        } else if let next = definitions[term], let number = value(next, depth: depth + 1) {
          sum += number
        } else {
          return nil
        }
      }
      return terms.isEmpty ? nil : sum
    }
    func number(_ text: Substring) -> Int? {
      text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    }
    let bounds: Set<Substring> = ["__NR_SYSCALL_BASE", "__NR_OABI_SYSCALL_BASE", "__NR_syscalls"]
    var names: [Int: String] = [:]
    for (macro, expression) in definitions
    where macro.hasPrefix("__NR_") && !bounds.contains(macro) {
      guard let number = value(expression, depth: 0), number >= 0 else { continue }
      let name = String(macro.dropFirst("__NR_".count))
      // Two names of one number: the choice must not depend on the order of a dictionary.
      names[number] = names[number].map { min($0, name) } ?? name
    }
    self.names = names
  }

  /// One line per call, `number name`, in order of the numbers.
  var text: String {
    names.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
  }

  /// Reads back `text`; nil for anything else.
  init?(text: String) {
    var names: [Int: String] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, let number = Int(words[0]) else { return nil }
      names[number] = String(words[1])
    }
    self.names = names
  }
}
