/// Whether `text` is `pattern`, where `*` stands for any run of characters, also none, and `?` for
/// one character. What patterns over metrics are made of.
package func glob(_ pattern: String, matches text: String) -> Bool {
  if pattern == "*" { return true }
  let text = Array(text)
  let pattern = Array(pattern)
  var (t, p) = (0, 0)
  // Where to continue when the last star has to take one more character.
  var retry: (text: Int, pattern: Int)?
  while t < text.count {
    if p < pattern.count, pattern[p] == "*" {
      retry = (t, p + 1)
      p += 1
    } else if p < pattern.count, pattern[p] == "?" || pattern[p] == text[t] {
      t += 1
      p += 1
    } else if let (from, next) = retry {
      retry = (from + 1, next)
      t = from + 1
      p = next
    } else {
      return false
    }
  }
  return pattern[p...].allSatisfy { $0 == "*" }
}
