/// Reads the two formats of apt's source lists (sources.list(5)).
///
/// Lines and stanzas that make no sense are passed over, as `AptSourceChoice` reports a missing
/// source in clearer words.
package enum AptSourceParser {
  /// One-line format: `deb [option=value …] uri suite component…`.
  package static func parseOneLine(_ text: String) -> [AptSource] {
    text.split(whereSeparator: \.isNewline).compactMap { parseLine(String($0)) }
  }

  private static func parseLine(_ line: String) -> AptSource? {
    let content = line.prefix { $0 != "#" }
    var options: [String: String] = [:]
    var head = content
    var rest = Substring()
    // Behind the type only: a numeric address of IPv6 has brackets, too.
    if let open = content.firstIndex(of: "["), content[..<open].last?.isWhitespace == true,
      content[..<open].split(whereSeparator: \.isWhitespace).count == 1
    {
      guard let close = content[open...].firstIndex(of: "]") else { return nil }
      head = content[..<open]
      rest = content[content.index(after: close)...]
      for word in content[content.index(after: open)..<close].split(whereSeparator: \.isWhitespace)
      {
        let pair = word.split(separator: "=", maxSplits: 1)
        if pair.count == 2 { options[pair[0].lowercased()] = String(pair[1]) }
      }
    }
    let words =
      (head.split(whereSeparator: \.isWhitespace)
      + rest.split(whereSeparator: \.isWhitespace)).map(String.init)
    guard words.count >= 3 else { return nil }
    return AptSource(
      types: [words[0]], uri: words[1], suites: [words[2]], components: Array(words.dropFirst(3)),
      options: options)
  }

  /// deb822 format: stanzas of `Field: value`, continued on indented lines.
  ///
  /// A key block inside `Signed-By` is kept as text, one line per line, with the lone dots of
  /// empty lines removed.
  package static func parseDeb822(_ text: String) -> [AptSource] {
    var sources: [AptSource] = []
    var fields: [String: String] = [:]
    var current = ""
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      if line.hasPrefix("#") { continue }
      if line.allSatisfy(\.isWhitespace) {
        sources += stanza(fields)
        fields = [:]
        current = ""
      } else if line.first?.isWhitespace == true {
        let value = line.drop(while: \.isWhitespace)
        fields[current, default: ""] += "\n" + (value == "." ? "" : value)
      } else if let colon = line.firstIndex(of: ":") {
        current = line[..<colon].lowercased()
        fields[current] = String(line[line.index(after: colon)...].drop(while: \.isWhitespace))
      }
    }
    return sources + stanza(fields)
  }

  /// What apt takes for no.
  private static let off: Set<String> = ["no", "false", "without", "off", "disable", "0"]

  private static func stanza(_ fields: [String: String]) -> [AptSource] {
    if let word = fields["enabled"]?.lowercased(), off.contains(word) { return [] }
    func words(_ field: String) -> [String] {
      (fields[field] ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
    }
    var options: [String: String] = [:]
    for key in ["trusted", "check-valid-until", "allow-insecure", "by-hash"] {
      options[key] = fields[key]
    }
    if let signedBy = fields["signed-by"] {
      options["signed-by"] =
        signedBy.contains("BEGIN PGP")
        ? signedBy.drop { $0.isWhitespace }.description
        : words("signed-by").joined(separator: ",")
    }
    return words("uris").map { uri in
      AptSource(
        types: words("types"), uri: uri, suites: words("suites"), components: words("components"),
        options: options)
    }
  }
}
