/// Debian's name of a CPU architecture.
package enum DebianArchitecture: String, Sendable, CaseIterable {
  case arm64
  case armhf
  case amd64

  /// Directory of the architecture under `usr/lib` and `usr/include` of a root.
  package var multiarch: String {
    switch self {
    case .arm64: "aarch64-linux-gnu"
    case .armhf: "arm-linux-gnueabihf"
    case .amd64: "x86_64-linux-gnu"
    }
  }
}
