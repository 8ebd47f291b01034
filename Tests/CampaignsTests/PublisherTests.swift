import CampaignFiles
import Campaigns
import Dispatch
import Foundation
import Synchronization
import Testing

/// A repository as a directory, with a published campaign.
private final class PublishedRepository {
  let directory = FileManager.default.temporaryDirectory.path + "/latgate-" + UUID().uuidString
  let campaign: String

  var path: String { directory + "/repository" }
  var keys: String { directory + "/keys" }

  init() throws {
    let bundle: [UInt8] = [1, 2, 3]
    var manifest = TestRepository.campaign()
    manifest.bundles = ["arm64": ListedFile(of: bundle)]
    campaign = manifest.id
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    let draft = DraftDirectory(path: directory + "/draft")
    try draft.write(manifest, bundles: [bundle])
    _ = try Publisher.create(repository: path, keys: keys, now: TestRepository.start)
    let publisher = try publisher(keys: keys)
    _ = try publisher.sign(draft)
    try publisher.publish()
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  func publisher(keys: String) throws -> Publisher {
    try Publisher(repository: path, keys: [keys], now: TestRepository.start)
  }

  /// A directory that has the key of targets alone.
  func offlineKeys() throws -> String {
    let place = directory + "/offline"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: keys + "/targets-1.key", toPath: place + "/targets-1.key")
    return place
  }

  func standing() throws -> CampaignStanding? {
    try RepositoryDirectory(path: path).polled(now: TestRepository.start).standing(of: campaign)
  }
}

@Suite("A repository's directory")
struct PublisherTests {
  @Test("A revocation that failed for want of keys can be made again")
  func revokedAgain() throws {
    let repository = try PublishedRepository()
    #expect(try repository.standing() == .running)
    let offline = try repository.publisher(keys: repository.offlineKeys())
    #expect(throws: MetadataError.self) { _ = try offline.revoke(repository.campaign) }
    #expect(try repository.standing() == .running)
    let isTaken = try repository.publisher(keys: repository.keys).revoke(repository.campaign)
    #expect(try isTaken && repository.standing() == .revoked)
    let left = try RepositoryDirectory(path: repository.path).newestTargets()
    #expect(left?.metadata.campaigns == [])
  }

  @Test("Steps at the same time wait for each other, and none takes back what another said")
  func together() throws {
    let repository = try PublishedRepository()
    let publisher = try repository.publisher(keys: repository.keys)
    let directory = RepositoryDirectory(path: repository.path)
    let campaign = repository.campaign
    let before = try #require(try directory.timestamp()).metadata.version
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { number in
      do {
        if number == 3 { _ = try publisher.revoke(campaign) } else { try publisher.publish() }
      } catch {
        failures.withLock { $0.append("\(error)") }
      }
    }
    let failed = failures.withLock { $0 }
    #expect(failed == [])
    #expect(try repository.standing() == .revoked)
    // A revocation is published twice: at once, and without the campaign in the list.
    #expect(try directory.timestamp()?.metadata.version == before + 9)
  }
}
