import DebianRoots

/// What a virtual machine of one architecture is made of. All are QEMU's `virt` board.
struct MachineModel: Sendable {
  /// Last part of the emulator's name.
  let emulator: String
  /// QEMU's `-cpu`.
  let cpu: String
  /// Android's name of the instruction set, as in `ro.product.cpu.abi`.
  let abi: String
  /// File name of the dynamic loader, in `lib` of a root.
  let loader: String

  /// - Parameter architecture: one of ``VirtualKernel/architecture``.
  init(_ architecture: DebianArchitecture) {
    switch architecture {
    case .armhf:
      // The Cortex-A15 has the large addresses that the kernel wants.
      self.init(
        emulator: "arm", cpu: "cortex-a15", abi: "armeabi-v7a", loader: "ld-linux-armhf.so.3")
    case .arm64, .amd64:
      // The architected pointer authentication costs TCG half its speed.
      self.init(
        emulator: "aarch64", cpu: "max,pauth-impdef=on", abi: "arm64-v8a",
        loader: "ld-linux-aarch64.so.1")
    }
  }

  private init(emulator: String, cpu: String, abi: String, loader: String) {
    self.emulator = emulator
    self.cpu = cpu
    self.abi = abi
    self.loader = loader
  }
}
