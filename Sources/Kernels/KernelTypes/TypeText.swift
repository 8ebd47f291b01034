extension BTFTypes {
  /// What one compiler calls integers by another name than the other, so that a change of the
  /// compiler is no change of the kernel.
  private static let compilerNames = [
    "long int": "long", "long unsigned int": "unsigned long", "short int": "short",
    "short unsigned int": "unsigned short", "long long int": "long long",
    "long long unsigned int": "unsigned long long",
  ]

  private static let deepestSignature = 5
  private static let mostParameters = 32

  /// A type as a C programmer writes it, one level deep: `struct request *`, `unsigned int [4]`.
  package func text(of id: UInt32) -> String { text(of: id, depth: 0) }

  private func text(of id: UInt32, depth: Int) -> String {
    guard depth < 16 else { return "…" }
    let type = self[id]
    func named(_ keyword: String) -> String {
      type.name.isEmpty ? "\(keyword) {…}" : "\(keyword) \(type.name)"
    }
    switch type.kind {
    case .void: return "void"
    case .structure: return named("struct")
    case .union: return named("union")
    case .enumeration, .enumeration64: return named("enum")
    case .forward: return named(type.hasFlag ? "union" : "struct")
    case .pointer:
      let target = self[type.target]
      if target.kind == .prototype { return signature(of: target, depth: depth + 1) }
      let inner = text(of: type.target, depth: depth + 1)
      return inner.hasSuffix("*") ? inner + "*" : inner + " *"
    case .array:
      guard let array = array(type) else { return "[]" }
      return "\(text(of: array.element, depth: depth + 1)) [\(array.count)]"
    case .const: return "const " + text(of: type.target, depth: depth + 1)
    case .volatile: return "volatile " + text(of: type.target, depth: depth + 1)
    case .restrict, .typeTag: return text(of: type.target, depth: depth + 1)
    case .prototype: return signature(of: type, depth: depth)
    case .function: return text(of: type.target, depth: depth + 1)
    case .integer: return Self.compilerNames[type.name] ?? type.name
    case .typedef, .float, .variable, .dataSection, .declarationTag: return type.name
    }
  }

  /// A prototype without names: `int (struct file *, int)`.
  package func signature(of prototype: BTFType) -> String { signature(of: prototype, depth: 0) }

  private func signature(of prototype: BTFType, depth: Int) -> String {
    // Signatures of signatures multiply: what no kernel has is cut short.
    guard depth < Self.deepestSignature else { return "(…)" }
    let all = parameters(of: prototype)
    var parameters = all.prefix(Self.mostParameters).map { parameter in
      parameter.type == 0 ? "..." : text(of: parameter.type, depth: depth + 1)
    }
    if parameters.count < all.count { parameters.append("…") }
    let result = text(of: prototype.target, depth: depth + 1)
    return "\(result) (\(parameters.isEmpty ? "void" : parameters.joined(separator: ", ")))"
  }
}
