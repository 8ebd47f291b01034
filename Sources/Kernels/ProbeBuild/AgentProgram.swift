/// A static executable for the device, built from C sources of the share root.
enum AgentProgram: String, Sendable, CaseIterable {
  case agent = "latgate-agent"
  case loadHelper = "latgate-load"
  case fieldAgent = "latgate-field"

  /// Where the C sources of the device are, relative to the share root.
  static let deviceSources = "Sources/Device"

  /// Directories whose `.c` files make the program, relative to the share root.
  var sourceDirectories: [String] { sources.map { "\(Self.deviceSources)/\($0)" } }

  /// Sources in those directories that are not part of it, relative to the share root: another
  /// `main`.
  var excludedSources: Set<String> {
    self == .fieldAgent ? ["\(Self.deviceSources)/latgate-agent/main.c"] : []
  }

  /// Directories for `-I`, relative to the share root.
  var includeDirectories: [String] { includes.map { "\(Self.deviceSources)/\($0)" } }

  /// What it is built from, relative to the share root: directories of which none is below another.
  var trees: [String] {
    let all = Set(sourceDirectories + includeDirectories)
    return all.sorted().filter { directory in !all.contains { directory.hasPrefix("\($0)/") } }
  }

  /// The parts of the agent itself, each a directory with its sources and headers.
  private static let agentParts =
    ["latgate-agent"]
    + ["engine", "pinning", "session", "steps", "tracing"].map { "latgate-agent/\($0)" }

  private var sources: [String] {
    switch self {
    case .agent: Self.agentParts + ["AgentCore", "AttachLadder", "TraceFold"]
    case .loadHelper: ["latgate-load"]
    case .fieldAgent: Self.agent.sources + ["FieldCore", "latgate-field"]
    }
  }

  private var includes: [String] {
    switch self {
    case .agent:
      Self.agentParts
        + ["AgentCore", "AttachLadder", "TraceFold", "CAgentABI"].map { "\($0)/include" }
    case .loadHelper: ["CAgentABI/include"]
    // It holds declarations of spans against its list, which TraceFold reads.
    case .fieldAgent: Self.agent.includes + ["TraceFold", "FieldCore/include", "latgate-field"]
    }
  }

  /// Order matters to static linking: users before what they use.
  var libraries: [String] {
    switch self {
    case .agent: ["-lbpf", "-lelf", "-lz", "-lzstd"]
    case .loadHelper: ["-lm"]
    case .fieldAgent:
      ["-lsodium", "-lmbedtls", "-lmbedx509", "-lmbedcrypto", "-lresolv"] + Self.agent.libraries
    }
  }

  /// Small, static, and the same bytes wherever the share root is.
  static func flags(share: String) -> [String] {
    [
      "-fuse-ld=lld", "-Oz", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-static",
      "-ffunction-sections", "-fdata-sections",
      // Nothing in them unwinds a stack: the table of libc's frames is not looked at.
      "-Wl,--no-eh-frame-hdr",
      // Types of the kernel are cut before libbpf reads them (kernel_types.c).
      "-Wl,--wrap=btf__load_vmlinux_btf,--wrap=bpf_btf_get_next_id",
      "-Wl,--gc-sections", "-Wl,--build-id=none", "-s", "-Wall", "-Wextra", "-Werror",
      "-ffile-prefix-map=\(share)/=", "-ffile-compilation-dir=.",
    ]
  }
}
