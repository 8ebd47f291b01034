/// Names of the addresses in a run's stacks, as they were in its boot.
package struct SymbolsRecord: Codable, Sendable, Equatable {
  /// A file of which code was in stacks.
  package struct File: Codable, Sendable, Equatable {
    /// Hex.
    package var buildID: String
    /// On the device; nil where no process that was left had it mapped.
    package var path: String?
    /// ``StacksRecord/Frame/address`` to `name+0x1f`; those without a name are left out.
    package var symbols: [String: String]

    package init(buildID: String, path: String? = nil, symbols: [String: String] = [:]) {
      self.buildID = buildID
      self.path = path
      self.symbols = symbols
    }
  }

  /// Addresses as in ``StacksRecord/Stack/kernel`` to `name+0x1f`, with ` [module]` behind those of
  /// modules; those without a name are left out.
  package var kernel: [String: String]
  /// By build-id.
  package var files: [File]
  /// Why names are missing, for people.
  package var notes: [String]

  package init(kernel: [String: String] = [:], files: [File] = [], notes: [String] = []) {
    self.kernel = kernel
    self.files = files
    self.notes = notes
  }
}
