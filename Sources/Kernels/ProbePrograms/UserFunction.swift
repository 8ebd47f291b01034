/// A function of a program or library of a device, as it was found in the file.
package struct UserFunction: Sendable, Equatable {
  /// How its ends are seen.
  package enum Returns: Sendable, Equatable {
    /// The kernel writes over the return address as the function begins.
    case uretprobe
    /// Breakpoints at the instructions that leave it.
    case sites([Site])
  }

  /// An instruction.
  package struct Site: Sendable, Equatable {
    /// In the file.
    package var offset: UInt64
    /// What stands there: 1 to 16 bytes.
    package var code: [UInt8]
    /// Where in the file the kernel counts who listens, without which the program passes over the
    /// place; nil = it does not.
    package var semaphore: UInt64?

    package init(offset: UInt64, code: [UInt8], semaphore: UInt64? = nil) {
      self.offset = offset
      self.code = code
      self.semaphore = semaphore
    }
  }

  /// On the device.
  package var path: String
  /// Contents of the note that only this build has; empty where there is none.
  package var identity: [UInt8]
  /// Where its work begins.
  package var entry: Site
  package var returns: Returns
  /// Whether it is Go's: arguments are in other registers, and goroutines change threads.
  package var isGo: Bool
  /// What has to be known of the numbers, for people.
  package var notes: [String]

  package init(
    path: String, identity: [UInt8], entry: Site, returns: Returns, isGo: Bool,
    notes: [String] = []
  ) {
    self.path = path
    self.identity = identity
    self.entry = entry
    self.returns = returns
    self.isGo = isGo
    self.notes = notes
  }

  /// Where a side of it is.
  package func sites(isReturn: Bool) -> [Site] {
    guard isReturn, case .sites(let sites) = returns else { return [entry] }
    return sites
  }
}
