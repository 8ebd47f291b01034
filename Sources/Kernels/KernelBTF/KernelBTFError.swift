/// Why the types of a kernel cannot be had from what was given.
package enum KernelBTFError: Error, Sendable, Equatable {
  /// The file cannot be read.
  case unreadable(path: String, reason: String)
  /// The file is not what a kernel's types can come from; `remedy` says which file is.
  case unusable(path: String, reason: String, remedy: String)
  /// The file belongs to another kernel than the device runs.
  case mismatch(path: String, fileID: String, device: String, deviceID: String)
  /// The file's own build-id is not the one that was given for it.
  case contradiction(path: String, fileID: String, given: String)
  /// Text given as a build-id is none.
  case badBuildID(text: String, place: String)
  /// A program of the host failed on a file that seemed good.
  case toolFailed(tool: String, path: String, log: String)

  /// Exit code for the command line: 65 for a bad input file, 70 for a fault of the host.
  package var exitCode: Int32 {
    switch self {
    case .unreadable, .unusable, .mismatch, .contradiction, .badBuildID: 65
    case .toolFailed: 70
    }
  }
}

extension KernelBTFError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): \(reason)"
    case .unusable(let path, let reason, let remedy): "\(path): \(reason); \(remedy)"
    case .mismatch(let path, let fileID, let device, let deviceID):
      """
      \(path) belongs to the kernel with build-id \(fileID), \(device) runs the one with build-id \
      \(deviceID); give the BTF of the build that is on the device
      """
    case .contradiction(let path, let fileID, let given):
      """
      \(path) belongs to the kernel with build-id \(fileID), not \(given) as --btf-build-id or \
      btf_build_id says; correct the one or the other
      """
    case .badBuildID(let text, let place):
      "\(place): '\(text)' is no build-id; write its 16 to 128 hex digits, as 'file vmlinux' shows"
    case .toolFailed(let tool, let path, let log):
      "\(tool) failed on \(path):\n  \(log.replacing("\n", with: "\n  "))"
    }
  }
}
