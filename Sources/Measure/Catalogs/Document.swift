import Yams

/// Reads one YAML document and gives what `read` makes of it.
///
/// - Parameters:
///   - text: the YAML.
///   - file: its path, for messages.
///   - nameKey: the key of the document's own name, which must not be in `others.taken`.
///   - others: what the loader knows of files read before, for checks across files; nil for a
///     file on its own.
///   - read: makes the value and adds problems to the reader's list.
/// - Returns: what `read` gave.
/// - Throws: ``CatalogError`` with every problem of the file.
func parseDocument<Value>(
  _ text: String, file: String, nameKey: String, others: OtherFiles?,
  read: (FieldReader) -> Value?
) throws(CatalogError) -> Value {
  let problems = ProblemList(file: file)
  let root: Node?
  do {
    root = try Yams.compose(yaml: text)
  } catch {
    throw CatalogError([syntaxProblem(error, file: file)])
  }
  guard let root else {
    throw CatalogError([
      CatalogProblem(
        file: file, message: "the file is empty", remedy: "fill it in or remove it")
    ])
  }
  let document = FieldReader(node: root, path: "", problems: problems)
  let value = read(document)
  if let name = root.mapping?[nameKey]?.scalar, let other = others?.taken[name.string] {
    problems.add(
      "'\(name.string)' is already the name of \(other)", remedy: "rename one of them",
      field: nameKey, mark: name.mark)
  }
  guard let value, problems.problems.isEmpty else { throw CatalogError(problems.problems) }
  return value
}

/// A YAML fault in our words; line and column come from the parser.
private func syntaxProblem(_ error: any Error, file: String) -> CatalogProblem {
  var problem = CatalogProblem(
    file: file, message: "not valid YAML",
    remedy: "check indentation (spaces only), colons and quotes on this line and the one above")
  switch error {
  case YamlError.scanner(let context, let text, let mark, _),
    YamlError.parser(let context, let text, let mark, _),
    YamlError.composer(let context, let text, let mark, _):
    let clause = context.map { " \($0.text)" } ?? ""
    problem.message += ": \(text)\(clause)"
    problem.line = mark.line
    problem.column = mark.column
  case YamlError.duplicatedKeysInMapping(let keys, let context):
    problem.message = "key given twice: \(keys.sorted().joined(separator: ", "))"
    problem.remedy = "keep one of them"
    problem.line = context.mark.line
    problem.column = context.mark.column
  case YamlError.reader(let text, _, _, _):
    problem.message += ": \(text)"
    problem.remedy = "save the file as UTF-8 without control characters"
  default:
    break
  }
  return problem
}
