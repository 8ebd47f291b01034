import Yams

extension CatalogProblem {
  /// A YAML fault in our words; line and column come from the parser.
  init(yaml error: any Error, file: String) {
    self.init(
      file: file, message: "not valid YAML",
      remedy: "check indentation (spaces only), colons and quotes on this line and the one above")
    switch error {
    case YamlError.scanner(let context, let text, let mark, _),
      YamlError.parser(let context, let text, let mark, _),
      YamlError.composer(let context, let text, let mark, _):
      let clause = context.map { " \($0.text)" } ?? ""
      message += ": \(text)\(clause)"
      line = mark.line
      column = mark.column
    case YamlError.duplicatedKeysInMapping(let keys, let context):
      message = "key given twice: \(keys.sorted().joined(separator: ", "))"
      remedy = "keep one of them"
      line = context.mark.line
      column = context.mark.column
    case YamlError.reader(let text, _, _, _):
      message += ": \(text)"
      remedy = "save the file as UTF-8 without control characters"
    default:
      break
    }
  }
}
