import KernelTypes
import ProbeBuild

extension KernelFile {
  /// Whether these are all types of the kernel, not only those that some programs read: types that
  /// were cut have no members of `pt_regs`.
  package var isWhole: Bool {
    types.type(named: "pt_regs", .structure).map { !types.members(of: types[$0]).isEmpty } ?? false
  }

  /// The architecture whose probes fit the kernel, known by its saved registers; nil for others.
  package var abi: TargetABI? {
    guard let registers = types.type(named: "pt_regs", .structure) else { return nil }
    let names = types.members(of: types[registers]).map(\.name)
    if names.contains("uregs") { return .armv7 }
    if names.contains("orig_ax") { return .x86_64 }
    if names.contains("orig_x0") { return .arm64 }
    return nil
  }
}
