/// Why a trial of a campaign could not go on.
package struct TrialError: Error, Sendable, Equatable {
  package var what: String
  package var remedy: String
  /// What a program or a device said last.
  package var details: [String]
  package var status: ExitStatus

  package init(
    _ what: String, remedy: String = "", details: String = "",
    status: ExitStatus = .deviceUnavailable
  ) {
    self.what = what
    self.remedy = remedy
    self.details = details.split(whereSeparator: \.isNewline).suffix(20).map(String.init)
    self.status = status
  }
}
