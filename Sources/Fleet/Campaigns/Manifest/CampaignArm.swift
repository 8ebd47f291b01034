import Crypto

/// A cohort: the devices whose draw falls into a range. The firmware under test is offered to those
/// of one arm, and not to those of the control; both run the same probes at the same time.
package struct CampaignArm: Sendable, Equatable {
  package var name: String
  /// Draws from here, 0..<``DeviceDraw/outcomes``.
  package var from: Int
  /// Draws below here.
  package var to: Int

  package init(name: String, from: Int, to: Int) {
    self.name = name
    self.from = from
    self.to = to
  }

  init(_ value: CanonicalValue) throws(MetadataError) {
    let reader = try ValueReader(value, "campaign: an arm")
    name = try reader.text("name")
    from = Int(try reader.integer("from", in: 0...Int64(DeviceDraw.outcomes)))
    to = Int(try reader.integer("to", in: 0...Int64(DeviceDraw.outcomes)))
  }

  var value: CanonicalValue {
    ["from": .integer(Int64(from)), "name": .string(name), "to": .integer(Int64(to))]
  }

  /// How many draws of ``DeviceDraw/outcomes`` fall into it.
  package var width: Int { to - from }

  static func check(_ arms: [CampaignArm]) throws(MetadataError) {
    guard (2...16).contains(arms.count) else {
      throw .malformed("campaign: it needs 2 to 16 arms, the control and what it is compared with")
    }
    guard Set(arms.map(\.name)).count == arms.count,
      arms.allSatisfy({ CampaignManifest.isID($0.name) })
    else { throw .malformed("campaign: an arm's name is there twice, or is not a-z, 0-9 and '-'") }
    for arm in arms where arm.from >= arm.to {
      throw .malformed("campaign: arm '\(arm.name)' is empty")
    }
    let sorted = arms.sorted { $0.from < $1.from }
    for (left, right) in zip(sorted, sorted.dropFirst()) where right.from < left.to {
      throw .malformed("campaign: arms '\(left.name)' and '\(right.name)' overlap")
    }
  }
}

/// The draw of a device's arm: the same for everyone who knows the salt and the device's id, and
/// unrelated to anything else about the device.
package enum DeviceDraw {
  /// A draw is one of so many numbers; 100 of them are one percent of the devices.
  package static let outcomes = 10_000

  /// The first 8 bytes of SHA-256(salt, id), modulo ``outcomes``.
  package static func draw(device: String, salt: [UInt8]) -> Int {
    let digest = SHA256.hash(data: salt + Array(device.utf8))
    let number = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(number % UInt64(outcomes))
  }
}

extension CampaignManifest {
  /// The arm of a device; nil when it takes no part.
  package func arm(of device: String) -> CampaignArm? {
    let draw = DeviceDraw.draw(device: device, salt: salt)
    return arms.first { ($0.from..<$0.to).contains(draw) }
  }
}
