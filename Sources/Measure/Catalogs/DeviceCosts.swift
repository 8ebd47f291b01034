/// What a device file says of the time that runs take, before any was made.
package struct DeviceCosts: Sendable, Equatable {
  /// One run of the suite: boot, settling, iterations.
  package var run: Duration?
  /// More for a run whose firmware is installed first, the boot that is thrown away included.
  package var flash: Duration?

  package init(run: Duration? = nil, flash: Duration? = nil) {
    self.run = run
    self.flash = flash
  }

  static func read(_ value: FieldReader?) -> Self? {
    guard let map = value?.mapping(known: ["run", "flash"]) else { return nil }
    return Self(run: map.optional("run")?.duration(), flash: map.optional("flash")?.duration())
  }
}
