/// Which devices a campaign is for, besides the draw of their arms.
package struct CampaignTargeting: Sendable, Equatable {
  package static let everyDevice = CampaignTargeting(models: [], builds: [])

  /// Any of these; empty: every model.
  package var models: [String]
  /// In any of these; empty: every build.
  package var builds: [BuildRange]

  package init(models: [String], builds: [BuildRange]) {
    self.models = models
    self.builds = builds
  }

  init(_ reader: ValueReader) throws(MetadataError) {
    models = try reader.texts("models")
    builds = []
    for value in try reader.array("builds") {
      let range = try ValueReader(value, "campaign: a range of builds")
      builds.append(BuildRange(from: try range.text("from"), to: try range.text("to")))
    }
  }

  var value: CanonicalValue {
    [
      "builds": .array(
        builds.map { ["from": .string($0.from), "to": .string($0.to)] as CanonicalValue }),
      "models": .array(models.map(CanonicalValue.string)),
    ]
  }

  /// Whether a device of this model with this firmware is meant.
  package func includes(model: String, build: String) -> Bool {
    (models.isEmpty || models.contains(model))
      && (builds.isEmpty || builds.contains { $0.includes(build) })
  }
}

/// Builds from one to another, both included, in ``BuildOrder``.
package struct BuildRange: Sendable, Equatable {
  /// Empty: no bound.
  package var from: String
  package var to: String

  package init(from: String, to: String) {
    self.from = from
    self.to = to
  }

  package func includes(_ build: String) -> Bool {
    (from.isEmpty || !BuildOrder.isLess(build, from))
      && (to.isEmpty || !BuildOrder.isLess(to, build))
  }
}

/// The order of build ids: bytewise, but digits count as the number they write.
package enum BuildOrder {
  package static func isLess(_ left: String, _ right: String) -> Bool {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    var (i, j) = (0, 0)
    while i < left.count, j < right.count {
      if isDigit(left[i]), isDigit(right[j]) {
        let (a, b) = (digits(left, &i), digits(right, &j))
        if a.count != b.count { return a.count < b.count }
        if !a.elementsEqual(b) { return a.lexicographicallyPrecedes(b) }
      } else {
        if left[i] != right[j] { return left[i] < right[j] }
        i += 1
        j += 1
      }
    }
    return i == left.count && j < right.count
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  /// A run of digits without its leading zeros.
  private static func digits(_ bytes: [UInt8], _ place: inout Int) -> ArraySlice<UInt8> {
    while place < bytes.count, bytes[place] == 0x30 { place += 1 }
    let start = place
    while place < bytes.count, isDigit(bytes[place]) { place += 1 }
    return bytes[start..<place]
  }
}
