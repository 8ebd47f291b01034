/// What is known of a program or library whose function a line names.
package struct KnownFile: Sendable, Equatable, Codable {
  /// On the device.
  package var path: String
  /// Why nothing can be measured in it; nil where something can.
  package var objection: String?
  /// A path that was probably meant, where there is an objection.
  package var suggestion: String?
  /// Names of its functions.
  package var functions: [String] = []
  /// Those of them whose name several functions have.
  package var ambiguous: [String: Int] = [:]
  /// Those that only choose the function that is called.
  package var indirect: Set<String> = []
  /// Those of Thumb code.
  package var thumb: Set<String> = []
  /// Functions of libraries that it calls.
  package var imported: Set<String> = []
  package var libraries: [String] = []
  /// Nil for what is not Go's; empty where the version is not known.
  package var goVersion: String?
  /// Its USDT probes.
  package var usdt: [USDT] = []
  /// Why they cannot be read; nil where they can.
  package var usdtObjection: String?
  /// Whether Go's runtime keeps the running goroutine where it can be read.
  package var keepsGoroutine = false

  /// A USDT probe.
  package struct USDT: Sendable, Equatable, Codable {
    /// `provider:name`
    package var name: String
    /// Those that can be read at all its locations say so, the others why not.
    package var arguments: [Argument]

    package init(name: String, arguments: [Argument] = []) {
      self.name = name
      self.arguments = arguments
    }
  }

  package struct Argument: Sendable, Equatable, Codable {
    /// Bytes: 1, 2, 4 or 8.
    package var size: Int
    package var isSigned: Bool
    /// Why it cannot be read; nil where it can.
    package var objection: String?

    package init(size: Int, isSigned: Bool, objection: String? = nil) {
      self.size = size
      self.isSigned = isSigned
      self.objection = objection
    }
  }

  package init(path: String, objection: String? = nil, suggestion: String? = nil) {
    self.path = path
    self.objection = objection
    self.suggestion = suggestion
  }

  /// Whether a function is Go's own: what C brings into a program of Go has no package.
  package func isGo(_ function: String) -> Bool { goVersion != nil && function.contains(".") }
}
