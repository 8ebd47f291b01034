import Catalogs
import FirmwareKit
import ProbeBuild
import VirtualDevices

extension DeviceDefinition {
  /// Who may measure on virtual devices: Android's `shell`.
  private static let shellGroup: UInt32 = 2000

  /// What one of a virtual device's firmwares carries beyond its image: what limits its CPUs,
  /// what it does at boot, perfetto, and the firmware kit's own files with the probes that `kit` lists.
  /// - Throws: `UnknownNameError`, `ProbeBuildError`, `DebianRootError`, `VirtualDeviceError`, and what
  ///   building throws.
  package func ownFiles(
    firmware name: String, catalog: Catalog, share: ShareRoot,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> [GuestFile] {
    guard case .virtual(let firmware) = firmwares[name] else { return [] }
    var files = try await kitFiles(
      firmware, catalog: catalog, share: share, progress: progress)
    if let quota = firmware.cpuQuota {
      files.append(.cpuQuota(share: quota.fraction, cpus: firmware.cpus))
    }
    if let lines = firmware.atBoot { files.append(.bootScript(lines)) }
    if firmware.perfetto {
      files += try await PerfettoFiles(kernel: try machine(firmware: name).kernel)
        .files(progress: progress)
    }
    return files
  }

  private func kitFiles(
    _ firmware: VirtualFirmwareDefinition, catalog: Catalog, share: ShareRoot,
    progress: @escaping @Sendable (String) -> Void
  ) async throws -> [GuestFile] {
    guard !firmware.kit.isEmpty else { return [] }
    let kit = FirmwareKit(
      platform: .linux, abi: .arm64, group: Self.shellGroup, allowsUnprivilegedBPF: true)
    let files = try await kit.files(
      probes: try firmware.kit.map { ProbeSource(try catalog.probe($0)) },
      builder: try ProbeBuilder(share: share), progress: progress)
    return files.compactMap { file in
      file.firmwarePath.map { GuestFile(path: $0, content: file.content, mode: file.mode) }
    }
  }
}
