extension TargetsMetadata {
  /// A manifest, when these are the bytes that the list names.
  package func manifest(of id: String, _ bytes: [UInt8]) throws(MetadataError) -> CampaignManifest {
    let path = CampaignPath.target(id)
    guard let listed = manifest(of: id) else { throw .missing(file: path) }
    guard bytes.count <= CampaignManifest.mostBytes else {
      throw .oversize(file: path, limit: CampaignManifest.mostBytes)
    }
    try listed.check(bytes, file: path)
    let manifest = try CampaignManifest(bytes: bytes)
    guard manifest.id == id else {
      throw .malformed("\(path) is the manifest of campaign '\(manifest.id)'")
    }
    return manifest
  }
}
