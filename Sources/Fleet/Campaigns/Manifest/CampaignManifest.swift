/// A campaign as devices read it: what to measure, how long, at what cost, and which of them take part.
package struct CampaignManifest: Sendable, Equatable {
  /// Bytes of its file, at most.
  package static let mostBytes = 256 << 10
  static let format = "latgate-campaign-1"

  /// Lower-case letters, digits and '-', at most 63.
  package var id: String
  package var metrics: [CampaignMetric]
  package var schedule: CampaignSchedule
  package var budgets: CampaignBudgets
  package var targeting: CampaignTargeting
  /// The first is the control.
  package var arms: [CampaignArm]
  /// 32 random bytes: devices fall into other arms in every campaign.
  package var salt: [UInt8]
  package var privacy: CampaignPrivacy
  /// Bundles by ABI.
  package var bundles: [String: ListedFile]

  package init(
    id: String, metrics: [CampaignMetric], schedule: CampaignSchedule,
    budgets: CampaignBudgets = CampaignBudgets(), targeting: CampaignTargeting = .everyDevice,
    arms: [CampaignArm], salt: [UInt8], privacy: CampaignPrivacy = CampaignPrivacy(),
    bundles: [String: ListedFile]
  ) {
    self.id = id
    self.metrics = metrics
    self.schedule = schedule
    self.budgets = budgets
    self.targeting = targeting
    self.arms = arms
    self.salt = salt
    self.privacy = privacy
    self.bundles = bundles
  }

  /// Whether a text can name a campaign.
  package static func isID(_ text: String) -> Bool {
    text.wholeMatch(of: /[a-z0-9][a-z0-9-]{0,62}/) != nil
  }

  /// The file.
  package var bytes: [UInt8] { value.canonical }

  /// Reads a file.
  /// - Throws: ``MetadataError``.
  package init(bytes: [UInt8]) throws(MetadataError) {
    let reader = try ValueReader(try CanonicalValue(json: bytes), "campaign")
    // Asked first: what another format says of the rest is not known.
    let format = try reader.text("format")
    guard format == Self.format else { throw .malformed("campaign: format '\(format.prefix(40))'") }
    id = try reader.text("id")
    metrics = []
    for value in try reader.array("metrics") { metrics.append(try CampaignMetric(value)) }
    schedule = try CampaignSchedule(try reader.reader("schedule"))
    budgets = try CampaignBudgets(try reader.reader("budgets"))
    targeting = try CampaignTargeting(try reader.reader("targeting"))
    arms = []
    for value in try reader.array("arms") { arms.append(try CampaignArm(value)) }
    salt = Hex.bytes(try reader.hash("salt")) ?? []
    privacy = try CampaignPrivacy(try reader.reader("privacy"))
    bundles = [:]
    for (abi, value) in try reader.members("bundles") {
      let file = try ValueReader(value, "campaign: bundle '\(abi.prefix(20))'")
      bundles[abi] = ListedFile(
        hash: try file.hash("sha256"),
        length: Int(try file.integer("length", in: 1...Int64(CampaignBundle.mostBytes))))
    }
    try check()
  }

  var value: CanonicalValue {
    [
      "arms": .array(arms.map(\.value)),
      "budgets": budgets.value,
      "bundles": .object(
        bundles.mapValues { ["length": .integer(Int64($0.length)), "sha256": .string($0.hash)] }),
      "format": .string(Self.format),
      "id": .string(id),
      "metrics": .array(metrics.map(\.value)),
      "privacy": privacy.value,
      "salt": .string(Hex.text(salt)),
      "schedule": schedule.value,
      "targeting": targeting.value,
    ]
  }

  /// - Throws: ``MetadataError/malformed(_:)`` with the first rule that is broken.
  package func check() throws(MetadataError) {
    guard Self.isID(id) else {
      throw .malformed("campaign: id '\(id.prefix(80))' is not 1-63 of a-z, 0-9 and '-'")
    }
    guard (1...64).contains(metrics.count), Set(metrics.map(\.id)).count == metrics.count else {
      throw .malformed("campaign: it needs 1 to 64 metrics, each with a number of its own")
    }
    guard salt.count == 32 else { throw .malformed("campaign: the salt is not 32 bytes") }
    guard !bundles.isEmpty else { throw .malformed("campaign: no bundle") }
    try CampaignArm.check(arms)
    try schedule.check()
    try budgets.check()
    // What a device reads has one form: text beyond ASCII would have several.
    guard bytes.count <= Self.mostBytes, bytes.allSatisfy({ (0x20...0x7e).contains($0) }) else {
      throw .malformed("campaign: a text that is not printable ASCII, or too much of it")
    }
  }
}
