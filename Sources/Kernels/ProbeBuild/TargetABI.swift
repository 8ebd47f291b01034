import DebianRoots
import ProbePrograms

/// An ABI that the agent is built for, with all that a cross build has to know of it.
package enum TargetABI: String, Sendable, CaseIterable {
  case arm64
  case armv7
  case x86_64

  /// Debian's name of the architecture whose packages are the sysroot.
  package var debianArchitecture: DebianArchitecture {
    switch self {
    case .arm64: .arm64
    case .armv7: .armhf
    case .x86_64: .amd64
    }
  }

  /// The ABI of a Debian architecture.
  package init?(_ architecture: DebianArchitecture) {
    guard let abi = Self.allCases.first(where: { $0.debianArchitecture == architecture }) else {
      return nil
    }
    self = abi
  }

  /// Target and instruction set flags for clang.
  var compilerFlags: [String] {
    let target = "--target=\(debianArchitecture.multiarch)"
    switch self {
    case .arm64, .x86_64: return [target]
    // Debian armhf's own baseline: ARMv7 with 16 floating point registers, no NEON.
    case .armv7: return [target, "-march=armv7-a+fp", "-mthumb"]
    }
  }

  /// Where a function's arguments are in its kernel.
  package var registers: RegisterPlaces {
    switch self {
    case .arm64: .arm64
    case .armv7: .arm
    case .x86_64: .x86
    }
  }

  /// `__TARGET_ARCH_…` of libbpf's `bpf_tracing.h`, which knows where arguments are kept.
  var bpfArchitecture: String {
    switch self {
    case .arm64: "arm64"
    case .armv7: "arm"
    case .x86_64: "x86"
    }
  }
}
