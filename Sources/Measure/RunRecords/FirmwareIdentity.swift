/// One firmware build.
package struct FirmwareIdentity: Codable, Sendable, Equatable {
  /// What the user called it.
  package var name: String
  /// Build id: two runs of one build share it.
  package var id: String
  /// `ro.build.fingerprint` or the like.
  package var fingerprint: String
  /// `uname -r`.
  package var kernelRelease: String
  /// `uname -v`; nil in records of older versions.
  package var kernelVersion: String?
  /// Hex of the kernel's GNU build-id note; empty if unreadable.
  package var kernelBuildID: String
  /// What the device file's `build_id` command printed; nil where there is none.
  package var reportedID: String?
  /// The slot that was booted, such as `_a`; nil where the device has none.
  package var slot: String?

  package init(
    name: String, id: String, fingerprint: String, kernelRelease: String,
    kernelVersion: String? = nil, kernelBuildID: String, reportedID: String? = nil,
    slot: String? = nil
  ) {
    self.name = name
    self.id = id
    self.fingerprint = fingerprint
    self.kernelRelease = kernelRelease
    self.kernelVersion = kernelVersion
    self.kernelBuildID = kernelBuildID
    self.reportedID = reportedID
    self.slot = slot
  }
}
