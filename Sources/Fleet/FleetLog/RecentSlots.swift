import FleetReports

/// Which reports came last: a device that got no answer sends the same again.
///
/// Only a saving: what is forgotten here is appended once more, and an index counts it once. Two
/// generations bound it.
struct RecentSlots {
  private let capacity: Int
  private var young: [ReportSlot: ReportID] = [:]
  private var old: [ReportSlot: ReportID] = [:]

  /// - Parameter capacity: of a generation.
  init(capacity: Int) {
    self.capacity = max(1, capacity)
  }

  subscript(slot: ReportSlot) -> ReportID? { young[slot] ?? old[slot] }

  mutating func remember(_ id: ReportID, in slot: ReportSlot) {
    if young.count >= capacity {
      old = young
      young = [:]
    }
    young[slot] = id
  }
}
