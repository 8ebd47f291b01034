/// A program set on one build of one model: what is trusted, or quarantined, as a whole.
package struct LoadSubject: Sendable, Hashable {
  package var model: String
  /// What the firmware says of its build.
  package var build: String
  /// Hex; empty where the kernel does not report it.
  package var kernelBuildID: String
  /// Name of the probe, or ``canary``.
  package var probe: String
  /// Hash of the object's bytes: a changed probe is another one.
  package var content: String

  /// The name of the program that does nothing.
  package static let canary = "canary"

  package init(model: String, build: String, kernelBuildID: String, probe: String, content: String)
  {
    self.model = model
    self.build = build
    self.kernelBuildID = kernelBuildID
    self.probe = probe
    self.content = content
  }
}
