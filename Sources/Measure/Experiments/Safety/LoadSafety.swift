import RecordStore

/// What a run needs to load programs with care.
package struct LoadSafety: Sendable {
  package var store: Store
  /// Loads everything at once, survived before or not; what is quarantined stays out.
  package var trusts: Bool

  package init(store: Store, trusts: Bool = false) {
    self.store = store
    self.trusts = trusts
  }
}
