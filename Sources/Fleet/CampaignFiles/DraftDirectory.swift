import Campaigns
import Foundation
import POSIXSupport

/// A campaign before it is signed: its manifest, and its bundles beside it.
package struct DraftDirectory: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  private var manifestPath: String { "\(path)/campaign.json" }

  /// - Throws: ``CampaignFileError``, `SystemCallError`.
  package func write(_ manifest: CampaignManifest, bundles: [[UInt8]]) throws {
    do { try manifest.check() } catch {
      throw CampaignFileError(error, path: manifestPath)
    }
    guard !FileManager.default.fileExists(atPath: manifestPath) else {
      throw CampaignFileError(
        "there is a campaign already", path: path,
        remedy: "name another directory, or remove this one")
    }
    try FileManager.default.createDirectory(
      atPath: "\(path)/bundles", withIntermediateDirectories: true)
    for bundle in bundles {
      try AtomicFile.write(bundle, to: "\(path)/\(CampaignPath.bundle(ContentHash.of(bundle)))")
    }
    try AtomicFile.write(manifest.bytes, to: manifestPath)
  }

  /// Its manifest with the bytes that will be signed, and the files that a repository needs for it.
  package func read() throws -> (manifest: CampaignManifest, files: [RepositoryEditor.File]) {
    guard let data = FileManager.default.contents(atPath: manifestPath) else {
      throw CampaignFileError(
        "not a campaign: it has no campaign.json", path: path,
        remedy: "make one with 'latgate campaign create'")
    }
    let manifest: CampaignManifest
    do { manifest = try CampaignManifest(bytes: Array(data)) } catch {
      throw CampaignFileError(error, path: manifestPath)
    }
    var files: [RepositoryEditor.File] = []
    for bundle in manifest.bundles.values.sorted(by: { $0.hash < $1.hash }) {
      let name = CampaignPath.bundle(bundle.hash)
      let bytes = FileManager.default.contents(atPath: "\(path)/\(name)").map(Array.init) ?? []
      guard ListedFile(of: bytes) == bundle else {
        throw CampaignFileError(MetadataError.content(file: name), path: "\(path)/\(name)")
      }
      if !files.contains(where: { $0.path == name }) {
        files.append(.init(path: name, bytes: bytes))
      }
    }
    // Whatever an editor did to its spacing: what is signed has one form.
    let bytes = manifest.bytes
    files.append(
      .init(
        path: CampaignPath.manifest(manifest.id, hash: ContentHash.of(bytes)), bytes: bytes))
    return (manifest, files)
  }
}
