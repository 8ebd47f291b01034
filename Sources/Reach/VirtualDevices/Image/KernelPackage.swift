import Foundation
import HostTools

/// A Debian kernel package that was extracted and not installed.
struct KernelPackage: Sendable {
  private let root: String
  /// `uname -r`.
  let release: String
  /// Absolute path of the bootable kernel.
  let imagePath: String
  /// Absolute path of the directory with `kernel/`.
  private let modules: String

  /// - Throws: ``VirtualDeviceError/missingFromPackage(file:root:)``.
  init(root: String) throws(VirtualDeviceError) {
    // Suites with a merged /usr keep the modules below it.
    let directories = ["lib", "usr/lib"].map { "\(root)/\($0)/modules" }
    let kernels = Self.names(in: "\(root)/boot").filter { $0.hasPrefix("vmlinuz-") }
    if let image = kernels.last {
      let release = String(image.dropFirst("vmlinuz-".count))
      let candidates = directories.map { "\($0)/\(release)" }
      guard let modules = candidates.first(where: FileManager.default.fileExists(atPath:)) else {
        throw .missingFromPackage(file: "lib/modules/\(release)", root: root)
      }
      self.init(
        root: root, release: release, imagePath: "\(root)/boot/\(image)", modules: modules)
      return
    }
    // Since 7.2 the kernel lies beside its modules.
    let beside = directories.flatMap { directory in
      Self.names(in: directory).map { (release: $0, modules: "\(directory)/\($0)") }
    }
    guard
      let last = beside.last(where: { place in
        FileManager.default.fileExists(atPath: "\(place.modules)/vmlinuz")
      })
    else { throw .missingFromPackage(file: "vmlinuz in boot or beside its modules", root: root) }
    self.init(
      root: root, release: last.release, imagePath: "\(last.modules)/vmlinuz", modules: last.modules
    )
  }

  private init(root: String, release: String, imagePath: String, modules: String) {
    self.root = root
    self.release = release
    self.imagePath = imagePath
    self.modules = modules
  }

  /// Ascending; empty for a directory that is not there.
  private static func names(in directory: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
  }

  /// Adds the recipe's modules, uncompressed, with the lists that `/init` and `modprobe` read.
  /// - Throws: ``VirtualDeviceError``, `HostToolError`.
  func addModules(to archive: inout CpioArchive) async throws {
    let dependencies = ModuleDependencies(parsing: try await listDependencies())
    let loaded = ImageRecipe.loadedModules.map { $0.split(separator: " ", maxSplits: 1) }
    let names = loaded.map { String($0[0]) }
    let order = dependencies.loadingOrder(of: names)
    let all = dependencies.loadingOrder(of: names + ImageRecipe.availableModules)
    let directory = "lib/modules/\(release)"
    for path in all {
      let target = "\(directory)/\(ModuleDependencies.uncompressed(path))"
      archive.addFile(target, try await content(of: path))
    }
    archive.addFile("\(directory)/modules.dep", Array(dependencies.dependencyFile(for: all).utf8))

    var options: [String: String] = [:]
    for words in loaded where words.count == 2 { options[String(words[0])] = " \(words[1])" }
    let lines = order.map { path in
      let option = options[ModuleDependencies.name(ofPath: path)] ?? ""
      return "/\(directory)/\(ModuleDependencies.uncompressed(path))\(option)\n"
    }
    archive.addFile("etc/latgate/modules", Array(lines.joined().utf8))
  }

  /// The dependencies as text. Extracted packages lack `modules.dep`: installing makes it.
  private func listDependencies() async throws -> String {
    // depmod looks below lib/modules of its base.
    let base = modules.dropLast("/lib/modules/\(release)".count)
    let arguments = ["-n", "-b", String(base), release]
    return String(decoding: try await HostTool.depmod.output(arguments), as: UTF8.self)
  }

  private func content(of path: String) async throws -> [UInt8] {
    let file = "\(modules)/\(path)"
    if path.hasSuffix(".xz") { return try await HostTool.xz.output(["-dc", file]) }
    if path.hasSuffix(".zst") { return try await HostTool.zstd.output(["-dc", file]) }
    guard let content = FileManager.default.contents(atPath: file) else {
      throw VirtualDeviceError.missingFromPackage(file: path, root: modules)
    }
    return Array(content)
  }
}
