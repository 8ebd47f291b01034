extension MeasureLine {
  /// Words that begin a part of a line.
  static let clauses = ["by", "label", "print", "where", "for"]

  /// Those of a line that asks so.
  static func allowedClauses(of ask: Ask) -> [String] {
    clauses.filter { clause in
      switch clause {
      case "print": ask == .events
      case "by", "label": ask != .events
      default: true
      }
    }
  }

  /// Reads a line; nothing of a kernel is needed.
  /// - Throws: ``MeasureError``: what is wrong and where.
  package static func parse(_ text: String) throws(MeasureError) -> MeasureLine {
    var parser = MeasureParser(line: text, tokens: try MeasureLexer.tokens(of: text))
    return try parser.parse()
  }
}

struct MeasureParser {
  let line: String
  let tokens: [MeasureLexer.Token]
  var at = 0

  init(line: String, tokens: [MeasureLexer.Token]) {
    self.line = line
    self.tokens = tokens
  }

  var next: MeasureLexer.Token? { at < tokens.count ? tokens[at] : nil }
  /// Where something is missing: behind what was read last.
  private var gap: Range<Int> {
    let end = at > 0 ? tokens[at - 1].range.upperBound : 0
    return end..<end
  }

  func fault(
    _ message: String, suggestion: String? = nil, remedy: String? = nil,
    at range: Range<Int>? = nil
  ) -> MeasureError {
    MeasureError(
      message, suggestion: suggestion, remedy: remedy, line: line,
      range: range ?? next?.range ?? gap)
  }

  mutating func parse() throws(MeasureError) -> MeasureLine {
    let ask = takeAsk()
    // `function NAME` is how it is said; the name alone does as well.
    if next?.text == "function", tokens.count > at + 1 { at += 1 }
    let from = try word(
      "an event or a function is missing",
      remedy: ask == .duration
        ? "begin with one, such as block:block_rq_issue"
        : "name it behind '\(ask.rawValue)', such as block:block_rq_issue")
    var made = MeasureLine(text: line, ask: ask, from: from)
    if ask != .duration {
      try single(&made)
    } else if takeSign("~") {
      made.to = try word(
        "the event that ends is missing", remedy: "name it behind '~'")
    } else if let token = next, ["to", "->", "-", "and"].contains(token.text) {
      throw fault("'\(token.text)' does not join two events", suggestion: "~", at: token.range)
    } else if let token = next, token.kind == .word, !MeasureLine.clauses.contains(token.text),
      token.text.contains(":")
    {
      if let ask = Self.ask(meantBy: from.text) {
        throw fault(
          "'\(from.text)' is nothing to ask of events", suggestion: ask.rawValue, at: from.range)
      }
      throw fault(
        "two events stand side by side", suggestion: "\(from.text) ~ \(token.text)",
        at: from.range.lowerBound..<token.range.upperBound)
    }
    var seen: Set<String> = []
    while let token = next {
      guard token.kind == .word, MeasureLine.clauses.contains(token.text) else {
        throw unknownClause(token, ask)
      }
      guard MeasureLine.allowedClauses(of: ask).contains(token.text) else {
        throw token.text == "print"
          ? fault(
            "'print' is of rows, which 'events EVENT' asks for",
            suggestion: ask == .duration ? nil : "by", remedy: "write events EVENT print FIELDS")
          : fault("rows have no labels", suggestion: "print", remedy: "name columns")
      }
      guard seen.insert(token.text).inserted else {
        throw fault(
          "'\(token.text)' is there twice",
          suggestion: token.text == "where" ? "and" : token.text == "for" ? nil : ",",
          remedy: "keep one", at: token.range)
      }
      at += 1
      switch token.text {
      case "by" where ask == .duration: made.by = try ties()
      case "by", "label":
        for word in try words("a label", such: ask == .duration ? "rwbs" : "comm") {
          guard !made.labels.contains(where: { $0.text == word.text }) else {
            throw fault("'\(word.text)' is there twice", remedy: "remove one", at: word.range)
          }
          made.labels.append(word)
        }
      case "print": made.columns = try words("a column", such: "comm")
      case "where": made.conditions = try conditions()
      default:
        made.time = try time()
        made.timeRange = token.range.lowerBound..<gap.upperBound
      }
    }
    return made
  }

  private func unknownClause(
    _ token: MeasureLexer.Token, _ ask: MeasureLine.Ask
  ) -> MeasureError {
    let clauses = MeasureLine.allowedClauses(of: ask)
    let habits = [
      "on": "by", "key": "by", "keyed": "by", "per": "by", "if": "where", "filter": "where",
      "when": "where", "with": "where", "group": "label", "labels": "label", "split": "label",
      "during": "for", "time": "for", "/": "where", "~": "by", "columns": "print",
      "show": "print", "printf": "print", "fields": "print", "select": "print",
    ]
    let near =
      habits[token.text.lowercased()].flatMap { clauses.contains($0) ? $0 : nil }
      ?? nearestName(to: token.text, in: clauses)
    // A list that goes on without a comma.
    if near == nil, token.kind == .word, at > 0, tokens[at - 1].kind == .word {
      let last = tokens[at - 1]
      return fault(
        "'\(token.text)' follows '\(last.text)' without a comma",
        suggestion: "\(last.text),\(token.text)", at: last.range.lowerBound..<token.range.upperBound
      )
    }
    return fault(
      "'\(token.text)' is no part of a line", suggestion: near,
      remedy: "parts are \(clauses.joined(separator: ", "))", at: token.range)
  }

  // MARK: parts

  private mutating func takeSign(_ sign: String) -> Bool {
    guard let token = next, token.kind == .sign, token.text == sign else { return false }
    at += 1
    return true
  }

  private mutating func word(
    _ message: String, remedy: String
  ) throws(MeasureError) -> MeasureLine.Word {
    // Symbols of other languages have any characters, and stand in quotes.
    let isQuoted = next.map { $0.kind == .text && $0.text.contains(":") && $0.text.contains("/") }
    guard let token = next, token.kind == .word || isQuoted == true,
      !MeasureLine.clauses.contains(token.text)
    else { throw fault(message, remedy: remedy) }
    at += 1
    let range =
      token.kind == .word
      ? token.range : token.range.lowerBound + 1..<token.range.upperBound - 1
    return MeasureLine.Word(text: token.text, range: range)
  }

  private mutating func words(
    _ what: String, such example: String
  ) throws(MeasureError) -> [MeasureLine.Word] {
    var words: [MeasureLine.Word] = []
    repeat {
      let word = try word("\(what) is missing", remedy: "name a field, such as \(example)")
      if words.contains(where: { $0.text == word.text }) {
        throw fault("'\(word.text)' is there twice", remedy: "remove one", at: word.range)
      }
      words.append(word)
    } while takeSign(",")
    return words
  }

  private mutating func ties() throws(MeasureError) -> [MeasureLine.Tie] {
    var ties: [MeasureLine.Tie] = []
    repeat {
      let start = try word(
        "what ties an end to its start is missing",
        remedy: "name fields that both events have, such as dev,sector, or tid")
      if ties.contains(where: { $0.start.text == start.text }) {
        throw fault("'\(start.text)' is there twice", remedy: "remove one", at: start.range)
      }
      if let token = next, token.kind == .sign, token.text == "==" {
        throw fault("'==' compares; a tie joins two fields", suggestion: "=", at: token.range)
      }
      let end =
        takeSign("=")
        ? try word("the field of the end is missing", remedy: "write FIELD=FIELD") : nil
      ties.append(MeasureLine.Tie(start: start, end: end))
    } while takeSign(",")
    return ties
  }

  private mutating func time() throws(MeasureError) -> Duration {
    guard let token = next, token.kind == .word else {
      throw fault("the time is missing", remedy: "write it with a unit, such as 10s")
    }
    at += 1
    guard let time = Duration(quantity: token.text), time > .zero else {
      throw fault(
        "'\(token.text)' is no time", suggestion: Self.nearestTime(token.text),
        remedy: "write a number with one of ms, s, m, h", at: token.range)
    }
    guard time <= MeasureLine.mostTime else {
      throw fault("a line measures up to 1h", suggestion: "1h", at: token.range)
    }
    return time
  }

  /// The same number with the unit that was meant.
  static func nearestTime(_ text: String) -> String? {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    guard !digits.isEmpty, let first = text.dropFirst(digits.count).first?.lowercased() else {
      return digits.isEmpty ? nil : "\(digits)s"
    }
    let unit = text.dropFirst(digits.count).lowercased()
    if unit.hasPrefix("ms") || unit.hasPrefix("mil") { return "\(digits)ms" }
    return ["s", "m", "h", "d"].contains(first) ? "\(digits)\(first)" : "\(digits)s"
  }

  private mutating func conditions() throws(MeasureError) -> [MeasureLine.Comparison] {
    var made: [MeasureLine.Comparison] = []
    repeat {
      made.append(try comparison())
    } while takeAnd()
    if let token = next, token.text == "or" || token.text == "||" {
      throw fault(
        "'\(token.text)' joins values of one field only",
        remedy: "write FIELD == 1 or 2, or make two measurements", at: token.range)
    }
    return made
  }

  private mutating func takeAnd() -> Bool {
    guard let token = next, ["and", "&&", ","].contains(token.text) else { return false }
    at += 1
    return true
  }

  private mutating func comparison() throws(MeasureError) -> MeasureLine.Comparison {
    let field = try word(
      "a condition is missing", remedy: "write a field, a test and a value: nr_sector > 8")
    guard let token = next else {
      throw fault("a test of '\(field.text)' is missing", remedy: "write \(field.text) == VALUE")
    }
    at += 1
    if token.text == "in" { return try list(field) }
    guard let test = SpanTable.Condition.Test(rawValue: token.text) else {
      let habits = ["=": "==", "is": "==", "eq": "==", "ne": "!=", "gt": ">", "lt": "<", "~": "=="]
      throw fault(
        "'\(token.text)' is no test", suggestion: habits[token.text],
        remedy: "write one of == != < <= > >= & in", at: token.range)
    }
    var values = [try value(of: field)]
    while let token = next, token.text == "or" || token.text == "||" {
      guard test == .equal else {
        throw fault("'\(token.text)' goes with == only", suggestion: "and", at: token.range)
      }
      at += 1
      // The field and the test may be repeated.
      if let again = next, at + 1 < tokens.count, tokens[at + 1].text == "==" {
        guard again.text == field.text else {
          throw fault(
            "'\(token.text)' joins values of one field only",
            remedy: "make two measurements, one for each", at: again.range)
        }
        at += 2
      }
      values.append(try value(of: field))
    }
    return MeasureLine.Comparison(field: field, test: test, values: values)
  }

  private mutating func list(
    _ field: MeasureLine.Word
  ) throws(MeasureError) -> MeasureLine.Comparison {
    guard takeSign("(") else {
      throw fault("a list begins with '('", suggestion: "(", remedy: "write in (1, 2)")
    }
    var values: [MeasureLine.Word] = []
    repeat { values.append(try value(of: field)) } while takeSign(",")
    guard takeSign(")") else { throw fault("the list has no end", suggestion: ")") }
    return MeasureLine.Comparison(field: field, test: .equal, values: values)
  }

  private mutating func value(
    of field: MeasureLine.Word
  ) throws(MeasureError) -> MeasureLine.Word {
    guard let token = next, token.kind != .sign,
      token.kind == .text || !MeasureLine.clauses.contains(token.text)
    else {
      let twice = next.flatMap { token in
        token.kind == .sign && at > 0 && tokens[at - 1].kind == .sign
          ? ["=": "==", ">": ">", "<": "<"][token.text] : nil
      }
      throw fault(
        "a value for '\(field.text)' is missing", suggestion: twice, remedy: "write a number")
    }
    at += 1
    return MeasureLine.Word(text: token.text, range: token.range)
  }
}
