import Foundation
import ProbeBuild

/// Builds a kit: what an OEM bakes into a firmware so that an agent without load rights can measure.
package struct FirmwareKit: Sendable {
  /// Who loads at boot.
  package enum Platform: String, Sendable, CaseIterable {
    /// bpfloader, from Android 16 on.
    case android
    /// Our own agent, started by init.
    case linux
  }

  package var platform: Platform
  package var abi: TargetABI
  /// Of embedded Linux: who may measure.
  package var group: UInt32
  /// Of embedded Linux: see ``LinuxKit/allowsUnprivilegedBPF``.
  package var allowsUnprivilegedBPF: Bool

  package init(
    platform: Platform, abi: TargetABI, group: UInt32 = 0, allowsUnprivilegedBPF: Bool = false
  ) {
    self.platform = platform
    self.abi = abi
    self.group = group
    self.allowsUnprivilegedBPF = allowsUnprivilegedBPF
  }

  /// Builds agent and objects, from the cache where nothing changed.
  /// - Throws: what ``ProbeBuilder/build(abi:probes:progress:)`` throws.
  package func files(
    probes: [ProbeSource], builder: ProbeBuilder,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> [KitFile] {
    for probe in probes { try probe.requireOwnPrograms() }
    let bundle = try await builder.build(
      abi: abi, probes: platform == .linux ? probes : [], progress: progress)
    let agent = try Self.bytes(bundle.agent)
    var made: [KitProbe] = []
    for probe in probes {
      let artifact: BuildArtifact?
      switch platform {
      case .linux: artifact = bundle.objects[probe.name]
      case .android:
        artifact = try await builder.pinnedObject(of: probe, abi: abi, progress: progress)
      }
      guard let artifact else { continue }
      made.append(try KitProbe(name: probe.name, bytes: try Self.bytes(artifact)))
    }
    switch platform {
    case .android: return AndroidKit(abi: abi, agent: agent, probes: made).files
    case .linux:
      return LinuxKit(
        abi: abi, agent: agent, probes: made, group: group,
        allowsUnprivilegedBPF: allowsUnprivilegedBPF
      ).files
    }
  }

  private static func bytes(_ artifact: BuildArtifact) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: artifact.path)))
  }
}
