/// A piece of a document, written with every foreign text escaped.
indirect enum Markup: Sendable {
  /// Attributes in the order in which they are written.
  typealias Attributes = KeyValuePairs<String, String>

  case text(String)
  case element(String, [(String, String)], [Markup])
  /// Of this program, not of a device or a user: a style sheet.
  case verbatim(StaticString)
  case group([Markup])

  static func tag(_ name: String, _ attributes: Attributes = [:], _ content: [Markup] = [])
    -> Markup
  {
    .element(name, attributes.map { ($0.key, $0.value) }, content)
  }

  static func tag(_ name: String, _ attributes: Attributes = [:], text: String) -> Markup {
    tag(name, attributes, [.text(text)])
  }

  /// HTML elements that have no end tag; SVG's and XML's all have one.
  private static let void: Set<String> = ["meta", "br", "hr", "col"]

  /// The piece as HTML5.
  var html: String {
    var result = ""
    result.reserveCapacity(1 << 16)
    write(to: &result, void: Self.void)
    return result
  }

  /// A whole page of this program's, with a newline at its end.
  static func page(title: String, _ body: [Markup]) -> String {
    let head: [Markup] = [
      .tag("meta", ["charset": "utf-8"]),
      .tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
      .tag("meta", ["name": "color-scheme", "content": "light dark"]),
      .tag("title", text: title), PageStyle.sheet,
    ]
    let document = Markup.tag(
      "html", ["lang": "en"],
      [.tag("head", [:], head), .tag("body", [:], [.tag("main", [:], body)])])
    return "<!DOCTYPE html>\n\(document.html)\n"
  }

  /// The piece as XML.
  var xml: String {
    var result = ""
    write(to: &result, void: [])
    return result
  }

  private func write(to result: inout String, void: Set<String>) {
    switch self {
    case .text(let text): result += Self.escaped(text)
    case .verbatim(let text): result += "\(text)"
    case .group(let parts): for part in parts { part.write(to: &result, void: void) }
    case .element(let name, let attributes, let content):
      result += "<\(name)"
      for (key, value) in attributes { result += " \(key)=\"\(Self.escaped(value))\"" }
      result += ">"
      if void.contains(name) { return }
      for part in content { part.write(to: &result, void: void) }
      result += "</\(name)>"
    }
  }

  /// Characters that mean something become references; those that no document may hold, or that
  /// would turn the writing direction, become pictures.
  private static func escaped(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy {
      $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: "&")
        && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "\"")
    }
    if isPlain { return text }
    var result = ""
    for scalar in singleLine(text).unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
