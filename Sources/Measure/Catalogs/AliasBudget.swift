import Yams

/// Holds a YAML text against bounds before anything expands its aliases.
///
/// A few hundred bytes of aliases of aliases stand for billions of values, and Yams compares all of
/// them where such a value is a key. So the text is first read with another character in the place
/// of every `*`, one that means nothing to YAML: the structure stays, each alias is a plain scalar
/// at its own line and column, and its size is a sum over what was read before it.
struct AliasBudget {
  /// Values of a file, with those that aliases stand for. The largest of ours have some hundred.
  static let mostValues = 100_000
  /// Lists and mappings inside each other. Ours need six.
  static let mostLevels = 64
  /// Bytes of a file.
  static let mostBytes = 1 << 20

  private let file: String
  /// What stands in the place of `*`; nil where the text has none.
  private let mark: Unicode.Scalar?
  private var sizes: [String: Size] = [:]

  private struct Size {
    var values = 1
    var isScalar = false
  }

  /// - Parameters:
  ///   - text: the YAML.
  ///   - file: its path, for messages.
  /// - Throws: ``CatalogError`` for a text that is no YAML, and for one that would be too large.
  static func check(_ text: String, file: String) throws(CatalogError) {
    guard text.utf8.count <= mostBytes else { throw CatalogError([tooLong(file: file)]) }
    guard text.utf8.contains(UInt8(ascii: "*")) else {
      return try AliasBudget(file: file, mark: nil).walk(text)
    }
    // A character of Unicode's private use area that does not occur here.
    let used = Set(text.unicodeScalars.lazy.filter { (0xe000...0xe0ff).contains($0.value) })
    let free = (UInt32(0xe000)...0xe0ff).lazy.compactMap(Unicode.Scalar.init)
      .first { !used.contains($0) }
    guard let free else {
      throw CatalogError([
        CatalogProblem(
          file: file, message: "has all of the characters U+E000 to U+E0FF",
          remedy: "leave one of them out")
      ])
    }
    try AliasBudget(file: file, mark: free).walk(text)
  }

  static func tooLong(file: String) -> CatalogProblem {
    CatalogProblem(
      file: file, message: "is larger than \(mostBytes >> 20) MiB",
      remedy: "a catalogue file is text of some kilobytes; check that it is one")
  }

  private init(file: String, mark: Unicode.Scalar?) {
    self.file = file
    self.mark = mark
  }

  private func walk(_ text: String) throws(CatalogError) {
    var budget = self
    let plain = mark.map { Self.replace("*", by: $0, in: text) } ?? text
    do {
      let parser = try Parser(yaml: plain)
      // Nodes refer to their anchors weakly: the parser holds them.
      try withExtendedLifetime(parser) {
        guard let root = try parser.singleRoot() else { return }
        _ = try budget.size(of: root, level: 1)
      }
    } catch let error as CatalogError {
      throw error
    } catch {
      var problem = CatalogProblem(yaml: error, file: file)
      if let mark { problem.message = Self.replace(mark, by: "*", in: problem.message) }
      throw CatalogError([problem])
    }
  }

  private mutating func size(of node: Node, level: Int) throws -> Size {
    guard level <= Self.mostLevels else {
      throw problem(
        node, "is inside more than \(Self.mostLevels) lists and mappings", "write it flatter")
    }
    var size = Size()
    switch node {
    case .scalar(let scalar):
      if let name = alias(scalar) { return try self.size(ofAlias: name, at: node) }
      size.isScalar = true
    case .sequence(let items):
      for item in items {
        size.values += try self.size(of: item, level: level + 1).values
        try check(size, item)
      }
    case .mapping(let pairs):
      for (key, value) in pairs {
        guard try self.size(of: key, level: level + 1).isScalar else {
          throw problem(key, "a key must be plain text", "write 'key: value'")
        }
        size.values += 1 + (try self.size(of: value, level: level + 1)).values
        try check(size, value)
      }
    case .alias: break
    }
    if let anchor = node.anchor { sizes[anchor.rawValue] = size }
    return size
  }

  /// The name of the alias that was in the place of a scalar.
  private func alias(_ scalar: Node.Scalar) -> Substring? {
    guard let mark, scalar.style == .plain, scalar.string.unicodeScalars.first == mark else {
      return nil
    }
    return Substring(scalar.string.unicodeScalars.dropFirst())
  }

  private func size(ofAlias name: Substring, at node: Node) throws -> Size {
    // Yams would see two things here, so what was counted would not be what it reads.
    let isName = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard isName, !name.isEmpty else {
      throw problem(
        node, "a value that begins with '*' is an alias, and this is no name of one",
        "put the value in quotes, such as \"*.log\"")
    }
    guard let size = sizes[String(name)] else {
      throw problem(
        node, "there is no '&\(name)' above this alias",
        "put the value in quotes, such as \"*\(name)\", if it is meant to be text")
    }
    return size
  }

  private func check(_ size: Size, _ node: Node) throws {
    guard size.values > Self.mostValues else { return }
    throw problem(
      node, "the aliases up to here stand for more than \(Self.mostValues) values",
      "write out what is needed, without aliases of aliases")
  }

  private func problem(_ node: Node, _ message: String, _ remedy: String) -> CatalogError {
    CatalogError([
      CatalogProblem(
        file: file, line: node.mark?.line, column: node.mark?.column, message: message,
        remedy: remedy)
    ])
  }

  private static func replace(
    _ old: Unicode.Scalar, by new: Unicode.Scalar, in text: String
  ) -> String {
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: text.unicodeScalars.lazy.map { $0 == old ? new : $0 })
    return String(scalars)
  }
}
