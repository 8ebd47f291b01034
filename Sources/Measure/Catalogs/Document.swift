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
  try AliasBudget.check(text, file: file)
  let root: Node?
  do {
    root = try Yams.compose(yaml: text)
  } catch {
    throw CatalogError([CatalogProblem(yaml: error, file: file)])
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
