import Foundation

extension VirtualFirmware {
  /// Names the firmware: equal for equal settings on the same kernel build, else different.
  /// - Parameter kernelBuild: ``VirtualImage/kernelBuild``.
  /// - Returns: `virtual-<kernel>-` and 12 hexadecimal digits.
  /// - Throws: `EncodingError`.
  package func identifier(kernelBuild: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let settings = try encoder.encode(self)
    let digest = Digest.hex(of: Array(kernelBuild.utf8) + [0x0a] + Array(settings))
    return "virtual-\(kernel.rawValue)-\(digest.prefix(12))"
  }
}
