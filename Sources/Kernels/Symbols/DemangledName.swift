/// A name as a demangler writes it, with what a function returns and its parameters:
/// `app::Stream& app::operator<< <int>(app::Stream&, int const&)`.
struct DemangledName {
  private let bytes: [UInt8]
  private var at = 0
  private var name: [UInt8] = []
  /// Where the name begins in `name`, behind what the function returns.
  private var start = 0
  /// Functions of templates alone say what they return.
  private var isTemplate = false
  private var hasOperator = false

  private init(_ text: String) { bytes = Array(text.utf8) }

  /// What stands before the parameters, without what the function returns. Of functions inside of
  /// functions no parameters stay: `app::work::{lambda(int)#1}::operator()`.
  static func stem(_ text: String) -> String {
    var name = DemangledName(text)
    return name.read()
  }

  private mutating func read() -> String {
    while at < bytes.count {
      if follows(Self.word), isWord {
        takeOperator()
        continue
      }
      switch bytes[at] {
      case UInt8(ascii: "("):
        if follows("(anonymous namespace)") || endsWithDecltype {
          keepGroup()
        } else if follows("(*") || follows("(&") {
          // What is returned is a pointer to a function, whose type stands around the name.
          at += 1
          while at < bytes.count, [UInt8(ascii: "*"), UInt8(ascii: "&")].contains(bytes[at]) {
            at += 1
          }
          (name, start) = ([], 0)
        } else {
          skipParameters()
          guard follows("::") else { return result }
        }
      case UInt8(ascii: "<"):
        isTemplate = true
        keepGroup()
      case UInt8(ascii: "["), UInt8(ascii: "{"): keepGroup()
      case let byte:
        name.append(byte)
        at += 1
        if byte == UInt8(ascii: " "), !hasOperator { start = name.count }
      }
    }
    return result
  }

  private var result: String {
    String(decoding: isTemplate ? name.dropFirst(start) : name[...], as: UTF8.self)
  }

  private func follows(_ text: StaticString, from place: Int? = nil) -> Bool {
    let (first, count) = (place ?? at, text.utf8CodeUnitCount)
    guard bytes.count - first >= count else { return false }
    return text.withUTF8Buffer { $0.elementsEqual(bytes[first..<first + count]) }
  }

  // MARK: operators

  private static let word: StaticString = "operator"

  /// Longer ones before those that they begin with.
  private static let symbols: [StaticString] = [
    "()", "[]", "<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "==", "!=", "&&", "||",
    "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "<", ">", ",", "+", "-", "*", "/",
    "%", "^", "&", "|", "~", "!", "=",
  ]

  /// Whether `operator` at the present place is no part of a longer word.
  private var isWord: Bool {
    let end = at + Self.word.utf8CodeUnitCount
    return !(at > 0 && Self.isOfWord(bytes[at - 1]))
      && !(end < bytes.count && Self.isOfWord(bytes[end]))
  }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
      true
    default: false
    }
  }

  /// The end of an operator that is written by a symbol and begins at the present place.
  private var symbolEnd: Int? {
    let end = at + Self.word.utf8CodeUnitCount
    return Self.symbols.first { follows($0, from: end) }.map { end + $0.utf8CodeUnitCount }
  }

  private mutating func takeOperator() {
    hasOperator = true
    keep(to: symbolEnd ?? conversionEnd)
  }

  /// The end of `operator bool`, `operator void (*)(int)`, `operator new` or `operator"" _km`: the last
  /// of the round brackets that stand side by side are the parameters.
  private var conversionEnd: Int {
    var rest = self
    rest.at += Self.word.utf8CodeUnitCount
    while rest.at < bytes.count, bytes[rest.at] != UInt8(ascii: "(") {
      if [UInt8(ascii: "<"), UInt8(ascii: "["), UInt8(ascii: "{")].contains(bytes[rest.at]) {
        rest.skipGroup()
      } else {
        rest.at += 1
      }
    }
    var last = rest.at
    while rest.at < bytes.count, bytes[rest.at] == UInt8(ascii: "(") {
      last = rest.at
      rest.skipGroup()
    }
    return last
  }

  // MARK: brackets

  private var endsWithDecltype: Bool {
    let end = String(decoding: name.suffix(9), as: UTF8.self)
    return end.hasSuffix("decltype") || end.hasSuffix("decltype ")
  }

  private mutating func keep(to end: Int) {
    name += bytes[at..<end]
    at = end
  }

  private mutating func keepGroup() {
    let begin = at
    skipGroup()
    let end = at
    at = begin
    keep(to: end)
  }

  /// Passes what the bracket at the present place holds. Inside of other brackets `<` and `>` compare.
  private mutating func skipGroup() {
    var open: [UInt8] = []
    repeat {
      if follows(Self.word), isWord, let end = symbolEnd {
        at = end
        continue
      }
      let byte = bytes[at]
      switch byte {
      case UInt8(ascii: "("): open.append(UInt8(ascii: ")"))
      case UInt8(ascii: "["): open.append(UInt8(ascii: "]"))
      case UInt8(ascii: "{"): open.append(UInt8(ascii: "}"))
      case UInt8(ascii: "<") where open.isEmpty || open.last == UInt8(ascii: ">"):
        open.append(UInt8(ascii: ">"))
      default: if byte == open.last { open.removeLast() }
      }
      at += 1
    } while !open.isEmpty && at < bytes.count
  }

  /// Passes parameters, and what is said of the function behind them.
  private mutating func skipParameters() {
    skipGroup()
    let marks: [StaticString] = [" const", " volatile", " &&", " &"]
    while let mark = marks.first(where: { follows($0) }) { at += mark.utf8CodeUnitCount }
  }
}
