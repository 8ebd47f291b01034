import Campaigns

/// A file or directory of campaigns that cannot be used, with where it is.
package struct CampaignFileError: Error, Sendable, Equatable {
  package var what: String
  package var path: String
  /// What to do; empty when nothing can be done.
  package var remedy: String

  package init(_ what: String, path: String, remedy: String = "") {
    self.what = what
    self.path = path
    self.remedy = remedy
  }

  init(_ fault: MetadataError, path: String, remedy: String = "") {
    self.init(fault.description, path: path, remedy: remedy)
  }
}

extension CampaignFileError: CustomStringConvertible {
  package var description: String { "\(path): \(what)" }
}
