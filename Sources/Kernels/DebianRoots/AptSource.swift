/// One package source of the machine's apt configuration: a type, a URI, its suites and options.
///
/// A deb822 stanza with several URIs becomes one value per URI, in order.
package struct AptSource: Sendable, Equatable {
  /// Archive types, such as `deb` and `deb-src`.
  package var types: [String]
  /// Archive address, as apt knows it.
  package var uri: String
  /// Suites or code names, such as `bookworm` and `bookworm-updates`.
  package var suites: [String]
  /// Components, such as `main`.
  package var components: [String]
  /// Options in one-line spelling, such as `signed-by` and `trusted`; keys in lower case.
  package var options: [String: String]

  package init(
    types: [String] = ["deb"], uri: String, suites: [String], components: [String],
    options: [String: String] = [:]
  ) {
    self.types = types
    self.uri = uri
    self.suites = suites
    self.components = components
    self.options = options
  }

  /// True for a source of binary packages with Debian's component `main`.
  var servesMain: Bool { types.contains("deb") && components.contains("main") }

  /// The `sources.list` line that offers `suite` of this archive.
  ///
  /// Of the options only those which concern trust and validity are kept: the machine's
  /// architecture and language filters do not apply to a foreign root. The index of a rolling
  /// suite says that it is valid for a week; a mirror that lags is taken all the same, as its
  /// signature is checked and nothing unpacked here needs to be the newest.
  package func line(suite: String) -> String {
    let kept = ["signed-by", "trusted", "check-valid-until", "allow-insecure", "by-hash"]
    var options = options
    if ["sid", "unstable"].contains(suite) { options["check-valid-until"] = "no" }
    let words = kept.compactMap { key in options[key].map { "\(key)=\($0)" } }
    let bracket = words.isEmpty ? "" : "[\(words.joined(separator: " "))] "
    return "deb \(bracket)\(uri) \(suite) main"
  }
}
