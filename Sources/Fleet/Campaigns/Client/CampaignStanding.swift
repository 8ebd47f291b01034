/// Whether a campaign that a repository knows may probe.
package enum CampaignStanding: String, Sendable, Equatable {
  case running, paused, revoked
}

extension TrustedState {
  /// Ids of all campaigns that are listed, sorted.
  package var campaigns: [String] { targets?.metadata.campaigns ?? [] }

  /// - Returns: nil for a campaign that is not known: it has ended, or never was.
  package func standing(of id: String) -> CampaignStanding? {
    guard let timestamp = timestamp?.metadata else { return nil }
    if timestamp.revoked.contains(id) { return .revoked }
    guard targets?.metadata.manifest(of: id) != nil else { return nil }
    return timestamp.paused.contains(id) ? .paused : .running
  }

  /// Where a campaign's manifest is.
  package func request(manifestOf id: String) -> RepositoryPoll.Request? {
    targets?.metadata.manifest(of: id).map {
      RepositoryPoll.Request(
        file: CampaignPath.manifest(id, hash: $0.hash),
        limit: min($0.length, CampaignManifest.mostBytes))
    }
  }

  /// A manifest, when these are the bytes that were signed.
  package func manifest(of id: String, _ bytes: [UInt8]) throws(MetadataError) -> CampaignManifest {
    guard let listed = targets?.metadata else { throw .missing(file: CampaignPath.target(id)) }
    return try listed.manifest(of: id, bytes)
  }
}
