/// A device inside one campaign: 16 bytes that distinguish devices and name none.
///
/// Made from the certificate's name with a key that stays with the collector; of another campaign the
/// same device has another one.
package struct DevicePseudonym: SixteenBytes {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// One of 64 parts of the fleet, 0...63, which a jackknife leaves out in turn.
  package var bin: Int { Int(high >> 58) }
}
