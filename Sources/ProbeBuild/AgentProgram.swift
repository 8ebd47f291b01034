/// A static executable for the device, built from C sources of the share root.
enum AgentProgram: String, Sendable, CaseIterable {
  case agent = "latgate-agent"
  case loadHelper = "latgate-load"

  /// Folders whose `.c` files make the program, relative to the share root.
  var sourceFolders: [String] {
    switch self {
    case .agent:
      [
        "Sources/latgate-agent", "Sources/AgentCore", "Sources/AttachLadder", "Sources/TraceFold",
      ]
    case .loadHelper: ["Sources/latgate-load"]
    }
  }

  /// Folders for `-I`, relative to the share root.
  var includeFolders: [String] {
    switch self {
    case .agent:
      [
        "Sources/latgate-agent", "Sources/AgentCore/include", "Sources/AttachLadder/include",
        "Sources/TraceFold/include", "Sources/CAgentABI/include",
      ]
    case .loadHelper: ["Sources/CAgentABI/include"]
    }
  }

  /// Order matters to static linking: users before what they use.
  var libraries: [String] {
    switch self {
    case .agent: ["-lbpf", "-lelf", "-lz", "-lzstd"]
    case .loadHelper: ["-lm"]
    }
  }

  /// Small, static, and the same bytes wherever the share root is.
  static func flags(share: String) -> [String] {
    [
      "-fuse-ld=lld", "-Oz", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-static",
      "-ffunction-sections", "-fdata-sections",
      "-Wl,--gc-sections", "-Wl,--build-id=none", "-s", "-Wall", "-Wextra", "-Werror",
      "-ffile-prefix-map=\(share)/=", "-ffile-compilation-dir=.",
    ]
  }
}
