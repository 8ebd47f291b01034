import DebianRoots
import Foundation
import HostTools
import POSIXSupport

/// Puts one image together in a work directory of its own.
struct ImageBuilder: Sendable {
  let recipe: ImageRecipe
  /// An empty directory; afterwards it holds the image.
  let work: String
  let progress: @Sendable (String) -> Void

  /// Ids of the disks' file systems are fixed, so that no boot differs by its hash seeds.
  private static let fileSystemID = "6c617467-6174-4e76-8972-7475616c0001"

  /// - Throws: ``VirtualDeviceError``, `DebianRootError`, `SystemCallError`.
  func run() async throws {
    // Nothing is downloaded on a machine that could not use it.
    for tool in [
      HostTool.qemu(recipe.kernel.architecture), .depmod, .makeExt4, .makeF2FS, .zstd, .xz, .copy,
    ] {
      try tool.requirePresence()
    }
    let userland = try await extract(recipe.userland)
    try await recipe.kernelRoot.once(progress: progress) { root in
      try await build(try KernelPackage(root: root), userland: userland)
    }
  }

  private func build(_ kernel: KernelPackage, userland: String) async throws {
    progress("\(label): collecting modules of \(kernel.release)")
    var archive = CpioArchive()
    let layout = RootLayout(kernel: recipe.kernel)
    layout.addFixedParts(to: &archive, release: kernel.release)
    try layout.addUserland(userland, to: &archive)
    try await kernel.addModules(to: &archive)

    progress("\(label): packing")
    try await pack(archive.finished())
    try AtomicFile.copy(kernel.imagePath, to: "\(work)/\(VirtualImage.kernelName)", mode: 0o644)
    try await makeDisks()
    try writeFacts(kernel)
    progress("\(label): image of \(kernel.release) is ready")
  }

  private var label: String { "virtual device \(recipe.kernel.rawValue)" }

  private func extract(_ root: DebianRoot) async throws -> String {
    try await DebianRoot.extract(
      name: root.name, packages: root.packages, architecture: root.architecture,
      suites: root.suites, progress: progress)
  }

  private func pack(_ archive: [UInt8]) async throws {
    let plain = "\(work)/initramfs.cpio"
    try AtomicFile.write(archive, to: plain, durable: false)
    // Level 10: beyond it the archive hardly shrinks.
    try await HostTool.zstd.output(
      ["-q", "-10", "--rm", plain, "-o", "\(work)/\(VirtualImage.initramfsName)"])
  }

  private func makeDisks() async throws {
    let data = "\(work)/\(VirtualImage.dataDiskName)"
    let f2fs = "\(work)/\(VirtualImage.f2fsDiskName)"
    for path in [data, f2fs] {
      let disk = try OwnedDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
      let number = disk.rawValue
      try systemCall("ftruncate", on: path) { ftruncate(number, ImageRecipe.diskMiB << 20) }
    }
    // Lazy initialisation would write from a kernel thread while something is measured.
    try await HostTool.makeExt4.output([
      "-q", "-F", "-L", "data", "-U", Self.fileSystemID,
      "-E", "lazy_itable_init=0,lazy_journal_init=0,hash_seed=\(Self.fileSystemID)", data,
    ])
    try await HostTool.makeF2FS.output(["-q", "-f", "-l", "f2fs", "-U", Self.fileSystemID, f2fs])
  }

  private func writeFacts(_ kernel: KernelPackage) throws {
    let content = try Data(contentsOf: URL(fileURLWithPath: kernel.imagePath))
    let facts = VirtualImage.Facts(
      kernel: recipe.kernel, kernelRelease: kernel.release,
      kernelDigest: Digest.hex(of: Array(content)))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    try AtomicFile.write(
      try encoder.encode(facts), to: "\(work)/\(VirtualImage.factsName)", durable: false)
  }
}
