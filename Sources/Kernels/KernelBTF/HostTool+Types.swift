import HostTools

extension HostTool {
  /// Cuts types.
  static let bpftool = HostTool(name: "bpftool", package: "bpftool")
  /// Makes types from debug information.
  static let pahole = HostTool(name: "pahole", package: "dwarves")
}
