import KernelTypes
import ProbeBuild

extension KernelFile {
  /// The architecture whose probes fit the kernel, as its saved registers tell; nil for others.
  package var abi: TargetABI? {
    guard let registers = types.type(named: "pt_regs", .structure) else { return nil }
    let names = types.members(of: types[registers]).map(\.name)
    if names.contains("uregs") { return .armv7 }
    if names.contains("orig_ax") { return .x86_64 }
    if names.contains("orig_x0") { return .arm64 }
    return nil
  }
}
