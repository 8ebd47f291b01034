import Symbols

/// Where an event of a process is, as it was found in a file: a USDT probe, or one side of a function.
package struct UserPlace: Sendable, Equatable {
  /// On the device.
  package var path: String
  /// Contents of the note that only this build has; empty where there is none.
  package var identity: [UInt8]
  package var sites: [UserFunction.Site]
  /// Whether the kernel sees the return by writing over its address.
  package var isUretprobe: Bool
  /// Where arguments of a USDT probe are; nil for a function, whose registers the ABI knows.
  package var arguments: [USDTProbe.Argument]?
  /// What has to be known of the numbers, for people.
  package var notes: [String]

  package init(
    path: String, identity: [UInt8], sites: [UserFunction.Site], isUretprobe: Bool = false,
    arguments: [USDTProbe.Argument]? = nil, notes: [String] = []
  ) {
    self.path = path
    self.identity = identity
    self.sites = sites
    self.isUretprobe = isUretprobe
    self.arguments = arguments
    self.notes = notes
  }

  /// One side of a function.
  package init(_ function: UserFunction, isReturn: Bool) {
    self.init(
      path: function.path, identity: function.identity, sites: function.sites(isReturn: isReturn),
      isUretprobe: isReturn && function.returns == .uretprobe, notes: function.notes)
  }
}
