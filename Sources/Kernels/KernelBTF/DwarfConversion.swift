import Foundation
import HostTools
import ProbeBuild

/// Makes BTF from the DWARF of a vmlinux, with pahole, once per build.
struct DwarfConversion: Sendable {
  let cache: BuildCache

  /// - Parameters:
  ///   - file: the ELF file.
  ///   - path: the file as the user knows it.
  ///   - buildID: names the result in the cache; without one nothing is kept.
  /// - Returns: the BTF.
  /// - Throws: ``KernelBTFError``, `HostToolError`.
  func btf(_ file: String, of path: String, _ buildID: String?) async throws -> [UInt8] {
    let name = buildID.map { "kernel-\($0).btf" }
    if let name, let found = cache.find(name),
      let data = FileManager.default.contents(atPath: found.path)
    {
      return [UInt8](data)
    }
    let tool = HostTool.pahole
    let options = String(decoding: try await tool.run(["--help"]).output, as: UTF8.self)
    guard options.contains("--btf_encode_detached") else {
      throw KernelBTFError.toolFailed(
        tool: tool.name, path: path,
        log: "it has no --btf_encode_detached: install version 1.22 or newer")
    }
    return try await cache.withWorkDirectory { work in
      let output = "\(work)/btf"
      let outcome = try await tool.run(["-J", "--btf_encode_detached=\(output)", file])
      guard outcome.isSuccess, let data = FileManager.default.contents(atPath: output) else {
        throw KernelBTFError.unusable(
          path: path, reason: "pahole makes no BTF from its DWARF: \(outcome.log)",
          remedy: "build with CONFIG_DEBUG_INFO_BTF=y, or copy the file again")
      }
      if let name { _ = try cache.publish(output, as: name) }
      return [UInt8](data)
    }
  }
}
