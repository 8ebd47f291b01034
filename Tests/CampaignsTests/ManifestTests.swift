import Testing

@testable import Campaigns

@Suite("Campaign manifests")
struct ManifestTests {
  @Test("Written and read again it is the same")
  func again() throws {
    let campaign = TestRepository.campaign()
    #expect(try CampaignManifest(bytes: campaign.bytes) == campaign)
  }

  @Test("Its bytes are those that the agent expects")
  func bytes() {
    let text = String(decoding: TestRepository.campaign().bytes, as: UTF8.self)
    #expect(
      text.hasPrefix(
        #"{"arms":[{"from":0,"name":"control","to":200},{"from":200,"name":"canary","to":400}],"#
          + #""budgets":{"battery_floor_percent":30,"cpu_ppm":10000,"memory_bytes":16777216,"#
          + #""upload_bytes_per_day":65536},"bundles":{"arm64":{"length":100,"sha256":"abab"#))
    #expect(
      text.hasSuffix(
        #""schedule":{"duration_seconds":604800,"ends":"2030-01-31T00:00:00Z","#
          + #""every_seconds":86400,"lease_seconds":7200,"starts":"2030-01-01T00:00:00Z","#
          + #""window_seconds":600},"targeting":{"builds":[{"from":"A1","to":"A20"}],"#
          + #""models":["pixel"]}}"#))
  }

  private static let broken: [(String, @Sendable (inout CampaignManifest) -> Void)] = [
    ("id", { $0.id = "../x" }),
    ("metrics", { $0.metrics = [] }),
    ("metrics", { $0.metrics += $0.metrics }),
    ("overlap", { $0.arms[1].from = 100 }),
    ("empty", { $0.arms[1].to = $0.arms[1].from }),
    ("2 to 16 arms", { $0.arms = [$0.arms[0]] }),
    ("twice", { $0.arms[1].name = "control" }),
    ("ends before", { $0.schedule.ends = $0.schedule.starts }),
    ("lease", { $0.schedule.lease = 1 }),
    ("window", { $0.schedule.window = 90000 }),
    ("duration", { $0.schedule.duration = 91 * 86400 }),
    ("CPU", { $0.budgets.cpu = 0 }),
    ("memory", { $0.budgets.memory = 1 << 40 }),
    ("upload", { $0.budgets.uploadPerDay = 1 }),
    ("battery", { $0.budgets.batteryFloor = 101 }),
    ("no bundle", { $0.bundles = [:] }),
    ("ASCII", { $0.targeting.models = ["Größe"] }),
  ]

  @Test("Rules that are broken are named", arguments: broken)
  func rules(_ word: String, _ change: @Sendable (inout CampaignManifest) -> Void) {
    var campaign = TestRepository.campaign()
    change(&campaign)
    #expect {
      try campaign.check()
    } throws: { error in
      if case .malformed(let why)? = error as? MetadataError { why.contains(word) } else { false }
    }
  }

  @Test("A format that is not known is refused before anything else of it is read")
  func format() {
    #expect(throws: MetadataError.malformed("campaign: format 'latgate-campaign-2'")) {
      try CampaignManifest(bytes: Array(#"{"format":"latgate-campaign-2"}"#.utf8))
    }
  }

  @Test("Models and builds decide who is meant")
  func targeting() {
    let targeting = TestRepository.campaign().targeting
    #expect(targeting.includes(model: "pixel", build: "A9"))
    #expect(targeting.includes(model: "pixel", build: "A20"))
    #expect(!targeting.includes(model: "pixel", build: "A21"))
    #expect(!targeting.includes(model: "pixel", build: "A0"))
    #expect(!targeting.includes(model: "other", build: "A9"))
    #expect(CampaignTargeting.everyDevice.includes(model: "x", build: ""))
  }

  @Test("Builds are ordered by the numbers in them")
  func order() {
    let sorted = ["", "A", "A.1", "A1", "A01b", "A2", "A10", "A10.1", "B"]
    for (left, right) in zip(sorted, sorted.dropFirst()) {
      #expect(BuildOrder.isLess(left, right), "\(left) < \(right)")
      #expect(!BuildOrder.isLess(right, left), "\(right) >= \(left)")
    }
    #expect(!BuildOrder.isLess("A01", "A1") && !BuildOrder.isLess("A1", "A01"))
  }

  @Test("A device's draw is what an independent program computes")
  func draw() {
    // python3 -c "import hashlib; print(int.from_bytes(hashlib.sha256(bytes(range(32)) +
    //   b'device-1').digest()[:8], 'big') % 10000)"
    #expect(DeviceDraw.draw(device: "device-1", salt: Array(0..<32)) == 2989)
    #expect(DeviceDraw.draw(device: "device-2", salt: Array(0..<32)) == 4208)
  }

  @Test("Draws are spread evenly, and another salt makes others")
  func evenness() {
    let campaign = TestRepository.campaign()
    var other = campaign
    other.salt[0] ^= 1
    var counts = [0, 0, 0]
    for number in 0..<20_000 {
      let arms = [campaign, other].map { $0.arm(of: "device-\(number)")?.name }
      if arms[0] == "control" { counts[0] += 1 }
      if arms[0] == "canary" { counts[1] += 1 }
      if arms[0] == "canary", arms[1] == "canary" { counts[2] += 1 }
    }
    // 2% of 20,000 and 2% of these; bounds are five standard deviations.
    #expect((300...500).contains(counts[0]))
    #expect((300...500).contains(counts[1]))
    #expect(counts[2] < 25)
  }
}
