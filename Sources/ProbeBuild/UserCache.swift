extension ProbeBuilder {
  /// `${XDG_CACHE_HOME:-$HOME/.cache}/latgate/build`
  static func userCache(_ environment: [String: String]) -> String {
    let base =
      environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
      ?? (environment["HOME"] ?? "") + "/.cache"
    return base + "/latgate/build"
  }
}
