/// The device a run was made on.
package struct DeviceFacts: Codable, Sendable, Equatable {
  /// What the user called it.
  package var name: String
  package var serial: String
  package var model: String
  /// `adb`, `usb`, `ssh`, `local` or `virtual`.
  package var transport: String
  /// `arm64`, `armv7` or `x86_64`.
  package var abi: String
  /// How the agent got root's rights: `root` (the shell is root), `su 0`, `su -c`, `su root`, `sudo`,
  /// or `shell` (not at all). Nil in records of older versions.
  package var privilege: String?

  package init(
    name: String, serial: String, model: String, transport: String, abi: String,
    privilege: String? = nil
  ) {
    self.name = name
    self.serial = serial
    self.model = model
    self.transport = transport
    self.abi = abi
    self.privilege = privilege
  }
}

/// One installation of a firmware on a device. Installations differ by themselves, so the grade
/// of the evidence depends on how many there were.
package struct FlashFacts: Codable, Sendable, Equatable {
  package var id: String

  package init(
    id: String
  ) {
    self.id = id
  }
}

/// The boot a run lived in.
package struct BootFacts: Codable, Sendable, Equatable {
  /// `/proc/sys/kernel/random/boot_id`.
  package var bootID: String
  /// Uptime when the first iteration began, seconds.
  package var uptimeSeconds: Double
  /// What the first look at the device found, before any waiting: later changes are the bench's
  /// or the heat's, what is so from here on is the firmware's. Nil in records of older versions.
  package var covariates: [String: Double]?

  package init(
    bootID: String, uptimeSeconds: Double, covariates: [String: Double]? = nil
  ) {
    self.bootID = bootID
    self.uptimeSeconds = uptimeSeconds
    self.covariates = covariates
  }
}
