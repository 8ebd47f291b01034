import Foundation
import POSIXSupport

extension VirtualImage {
  /// How long one process waits for another that builds the same image.
  private static let buildLimit = Duration.seconds(900)

  /// Gives the image of a kernel, from the cache if it is there.
  ///
  /// The first one takes about half a minute and needs the network. Several processes may ask at
  /// once: one builds, the others wait.
  /// - Parameters:
  ///   - kernel: which of Debian's kernels.
  ///   - cache: directory of the tool's cache; nil is the user's own.
  ///   - progress: called with one line for people at a time.
  /// - Returns: an image that is complete.
  /// - Throws: ``VirtualDeviceError``, `DebianRootError`, `SystemCallError`.
  package static func prepare(
    kernel: VirtualKernel, cache: String? = nil,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> VirtualImage {
    let recipe = ImageRecipe(kernel: kernel)
    let images = "\(try cache ?? UserDirectories.cache())/virtual/images"
    let final = "\(images)/\(recipe.key)"
    if let image = existing(final) { return image }
    try UserDirectories.makeDirectory(images)
    let lock = try await FileLock.acquire("\(images)/.\(recipe.key).lock", timeout: buildLimit)
    defer { withExtendedLifetime(lock) {} }
    if let image = existing(final) { return image }

    let work = "\(images)/.\(recipe.key).part"
    // Under the lock, so what is there was left by a build that died.
    try? FileManager.default.removeItem(atPath: work)
    try UserDirectories.makeDirectory(work)
    defer { try? FileManager.default.removeItem(atPath: work) }
    try await ImageBuilder(recipe: recipe, work: work, progress: progress).run()
    // What is left of one that was cleaned away would be in the way.
    try? FileManager.default.removeItem(atPath: final)
    try systemCall("rename", on: final) { rename(work, final) }
    return try VirtualImage(directory: final)
  }

  private static func existing(_ directory: String) -> VirtualImage? {
    guard let image = try? VirtualImage(directory: directory) else { return nil }
    UserDirectories.markUsed(directory)
    return image
  }
}
