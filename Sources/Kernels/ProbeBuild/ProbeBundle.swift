/// Everything that goes to a device of one ABI.
package struct ProbeBundle: Sendable, Equatable {
  package let abi: TargetABI
  /// The static agent.
  package let agent: BuildArtifact
  /// The static load helper.
  package let loadHelper: BuildArtifact
  /// CO-RE objects by name of the probe.
  package let objects: [String: BuildArtifact]
  /// System call names of this ABI, to label what the device reports by number.
  package let systemCalls: SystemCallTable
}

/// A built file in the cache; it must not be changed.
package struct BuildArtifact: Sendable, Equatable {
  /// Absolute path.
  package let path: String
  /// SHA-256 of its bytes, 64 lower-case hex digits.
  package let hash: String
  /// Bytes.
  package let size: Int
}
