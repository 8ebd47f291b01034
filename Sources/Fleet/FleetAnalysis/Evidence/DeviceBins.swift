/// The groups of devices that the judge knows: a device is in one of them, by its pseudonym.
///
/// A group is a random sample of its cohort, so groups differ by what devices differ by. Taking them as
/// the units of the comparison makes the device the unit of evidence, while whoever keeps the reports
/// has to merge histograms only.
package enum DeviceBins {
  package static let count = 64

  /// The group of a device by its pseudonym, its name in one campaign. That is made with a keyed hash, so
  /// any of its bits are spread evenly; the first six decide.
  package static func bin(of pseudonym: some Collection<UInt8>) -> Int {
    Int((pseudonym.first ?? 0) >> 2)
  }
}
