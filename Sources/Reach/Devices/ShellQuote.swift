/// Makes one word of a POSIX shell from any text.
///
/// Words of harmless characters stay as they are, so that command lines stay readable.
package func shellQuote(_ text: String) -> String {
  let isHarmless = text.utf8.allSatisfy {
    switch $0 {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "_-./:=,+@%".utf8.contains($0)
    }
  }
  if isHarmless && !text.isEmpty { return text }
  // By scalars: with a mark that combines after it an apostrophe is another character.
  let words = text.unicodeScalars.split(separator: "'", omittingEmptySubsequences: false)
  return "'" + words.map { String($0) }.joined(separator: "'\\''") + "'"
}
