import Testing

@testable import Catalogs

struct AliasBudgetTests {
  private static let head = "device: mine\ndescription: d\nkind: adb\nprivilege: auto\n"

  private func found(_ text: String) -> [String] {
    problems { () throws(CatalogError) in try AliasBudget.check(text, file: "f") }
  }

  /// `a` is a list of ten values, each next one a list of ten of the one before.
  private func multiplied(levels: Int) -> String {
    let names = "abcdefghijkl".prefix(levels)
    var text = Self.head + "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for (below, name) in zip(names, names.dropFirst()) {
      let items = Array(repeating: "*\(below)", count: 10).joined(separator: ",")
      text += "\(name): &\(name) [\(items)]\n"
    }
    return text
  }

  @Test func aliasesThatMultiplyAreCountedBeforeTheyAreExpanded() {
    // 11, 111 and 1,111 values: each is small enough.
    #expect(found(multiplied(levels: 3)) == [])
    #expect(
      found(multiplied(levels: 12)) == [
        "f:9:35: the aliases up to here stand for more than 100000 values"
          + " (write out what is needed, without aliases of aliases)"
      ])
  }

  @Test(arguments: [
    "? *c\n: 1\n", "z: {? [*c, 1] : 1, ? [*c, 2] : 2}\n", "*c : 1\n", "z: {*c : 1}\n",
    "z: {*c: 1}\n",
  ])
  func noAliasIsComparedAsAKey(_ line: String) {
    let problems = found(multiplied(levels: 3) + line)
    #expect(problems.count == 1)
    #expect(problems[0].hasPrefix("f:8:"))
    #expect(problems[0].contains("a key must be plain text") || line.contains("{*c: 1}"))
  }

  @Test func anAliasIsWhatYamsTakesForOne() {
    let anchor = "a: &a [x, x]\n"
    #expect(found(anchor + "b: '*c'\nc: \"*d\"\nd: x*e\ne: |\n  *f\n# *g\nh: [*a, *a]\n") == [])
    #expect(
      found(anchor + "b: *.log\n") == [
        "f:2:4: a value that begins with '*' is an alias, and this is no name of one"
          + " (put the value in quotes, such as \"*.log\")"
      ])
    // In a flow list this is a mapping whose key is the alias.
    #expect(found(anchor + "b: [*a:x]\n").count == 1)
    #expect(
      found(anchor + "b: *log\n") == [
        "f:2:4: there is no '&log' above this alias"
          + " (put the value in quotes, such as \"*log\", if it is meant to be text)"
      ])
    // Itself, before it is whole.
    #expect(found("a: &a [*a]\n").count == 1)
    #expect(found("a: &a x\n*a : y\n") == [])
  }

  /// Messages show the text as it is, not what it was read as.
  @Test func faultsAreShownAsTheyWereWritten() {
    #expect(
      found("a: &a x\n*a : 1\n*a : 2\n")
        == ["f:2:1: key given twice: *a (keep one of them)"])
    let marks = (0xe000...0xe0ff).compactMap(Unicode.Scalar.init).map(String.init).joined()
    #expect(found("a: '\(marks)*'\n").count == 1)
    #expect(found("a: '\(marks.dropLast())*'\n") == [])
  }

  @Test func filesHaveALargestSizeAndDepth() {
    #expect(
      found("a: " + String(repeating: "x", count: 1 << 20)) == [
        "f: is larger than 1 MiB"
          + " (a catalogue file is text of some kilobytes; check that it is one)"
      ])
    let nested = { String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }
    #expect(found("a: \(nested(63))\n") == [])
    #expect(
      found("a: \(nested(64))\n")
        == ["f:1:67: is inside more than 64 lists and mappings (write it flatter)"])
    #expect(found("a: \(nested(200_000))\n").count == 1)
  }

  @Test func mergeKeysAreNamed() {
    let text = """
      device: mine
      kind: virtual
      firmwares:
        reference: &r {kernel: "6.1"}
        big:
          <<: *r
          kernel: "6.1"
      """
    #expect(
      problems { () throws(CatalogError) in try DeviceDefinition.parse(text, file: "f") } == [
        "f:6:5: firmwares.big.<<: unknown key '<<' (merge keys are not read: write"
          + " 'extends: NAME', or repeat what is to be merged)"
      ])
  }
}
