/// Why a root of Debian packages could not be made.
package enum DebianRootError: Error, Equatable, CustomStringConvertible {
  /// No source of Debian `main` is configured that could serve `suite`.
  case noSource(suite: String)
  /// The request itself makes no sense, such as an empty list of suites.
  case badRequest(root: String, reason: String)
  /// mmdebstrap failed: a package does not exist, the mirror does not answer, the disk is full.
  case extractionFailed(root: String, status: String, log: String)

  package var description: String {
    switch self {
    case .noSource(let suite):
      """
      no apt source for Debian '\(suite)' main in /etc/apt/sources.list or \
      /etc/apt/sources.list.d; add one with its keyring (package 'debian-archive-keyring')
      """
    case .badRequest(let root, let reason):
      "root '\(root)': \(reason)"
    case .extractionFailed(let root, let status, let log):
      "root '\(root)': mmdebstrap ended with \(status); its last lines:\n\(log)"
    }
  }
}
