import AgentSession
import Catalogs
import Devices
import Foundation
import KernelBTF
import ProbeBuild
import RunRecords

/// Brings the types of a kernel that has none of its own to the device, beside the agent.
struct ShippedBTF: Sendable {
  /// Where the types come from.
  let btf: DeviceDefinition.BTFSource
  /// As the user calls it, for paths that name it.
  let firmware: String
  let probes: [ProbeManifest]
  let bundle: ProbeBundle
  let device: any Device

  /// Types that are on the device.
  struct Placed: Sendable {
    /// Path on the device.
    var path: String
    var record: BTFRecord
  }

  /// Reads the file of the device definition, holds its build-id against the device's, cuts it for
  /// the probes and copies it.
  ///
  /// `kernelBuildID` is hex, as the agent read it; empty where it could not. Returns nil when the
  /// device's own types are to be used; throws `KernelBTFError`, `DeviceError`.
  func ship(to agent: InstalledAgent, kernelBuildID: String) async throws -> Placed? {
    guard case .file(let template, let buildID) = btf else { return nil }
    let path = template.replacing("{firmware}", with: firmware)
    let cache = try BuildCache.ofUser()
    let kernel = try await KernelFileReader(cache: cache).read(path, buildID: buildID)
    let isProven = try kernel.isProven(against: kernelBuildID, of: device.name)
    let objects = probes.compactMap { bundle.objects[$0.name] }
    let cut = try await BTFCutter(cache: cache).cut(kernel, for: objects)
    let place = try await agent.place(
      cut.path, as: "kernel-\(cut.hash.prefix(16)).btf", on: device)
    return Placed(
      path: place,
      record: BTFRecord(
        file: URL(fileURLWithPath: path).lastPathComponent, hash: cut.hash,
        buildID: kernel.buildID, isProven: isProven))
  }
}
