/// Why a virtual device could not be described, built, started or stopped.
package enum VirtualDeviceError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A value of ``VirtualFirmware`` that cannot be used: its device file is wrong.
  case invalidValue(field: String, value: String, reason: String)
  /// A name, port or kernel of the command line that cannot be used.
  case invalidArgument(name: String, value: String, reason: String)
  /// A Debian package lacks what an image needs of it.
  case missingFromPackage(file: String, root: String)
  /// The name belongs to a virtual device that is running.
  case nameInUse(name: String, processID: Int32)
  /// The host's loopback port belongs to another program.
  case portInUse(port: UInt16)
  /// QEMU refused its command line or ended before the device was up.
  case startFailed(name: String, log: String)
  /// The device did not answer in time; `tail` has the end of its serial console.
  case bootTimedOut(name: String, limit: Duration, log: String, tail: String)
  /// The device's kernel panicked; `tail` has the end of its serial console.
  case kernelPanic(name: String, log: String, tail: String)
  /// The kernel carries no types, and none were given.
  case noTypes(kernel: String, path: String)
  /// No running virtual device has this name.
  case notRunning(name: String)
  /// The process survived QMP's `quit`, SIGTERM and SIGKILL.
  case cannotStop(name: String, processID: Int32)
  /// A state file does not hold what this release writes.
  case badState(path: String, reason: String)
  /// QEMU's monitor gave no answer, or another than expected.
  case monitor(name: String, reason: String)

  package var description: String {
    switch self {
    case .invalidValue(let field, let value, let reason):
      "virtual device: \(field): '\(value)': \(reason)"
    case .invalidArgument(let name, let value, let reason):
      "\(name) '\(value)': \(reason)"
    case .missingFromPackage(let file, let root):
      "no \(file) in the packages extracted to \(root); remove that directory to fetch them again"
    case .nameInUse(let name, let processID):
      """
      virtual device '\(name)' is already running (process \(processID)); \
      stop it or choose another name
      """
    case .portInUse(let port):
      "127.0.0.1:\(port) is in use; choose another port or leave the choice to the tool"
    case .startFailed(let name, let log):
      "virtual device '\(name)': QEMU did not start:\n\(log)"
    case .bootTimedOut(let name, let limit, let log, let tail):
      """
      virtual device '\(name)' gave no answer within \(limit.components.seconds) s; \
      end of its console (\(log)):\n\(tail)
      """
    case .kernelPanic(let name, let log, let tail):
      "virtual device '\(name)': kernel panic; end of its console (\(log)):\n\(tail)"
    case .noTypes(let kernel, let path):
      """
      kernel \(kernel) carries no types (BTF), and there is no \(path); give them once with \
      'latgate device image \(kernel) --btf FILE', or have them made with --debug-package
      """
    case .notRunning(let name):
      "no virtual device '\(name)' is running"
    case .cannotStop(let name, let processID):
      "virtual device '\(name)': process \(processID) does not end, not even by SIGKILL"
    case .badState(let path, let reason):
      "\(path): \(reason); remove the file if the device it names is not running"
    case .monitor(let name, let reason):
      "virtual device '\(name)': QEMU's monitor: \(reason)"
    }
  }
}
