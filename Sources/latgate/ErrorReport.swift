import ADB
import AgentSession
import Catalogs
import DebianRoots
import Devices
import Experiments
import POSIXSupport
import ProbeBuild
import RegressionAnalysis
import RunRecords
import VirtualDevices

/// An error as the user sees it, and the exit code it ends with.
///
/// Each module words its own errors; here they only get their category.
struct ErrorReport {
  let text: String
  let status: ExitStatus

  init(_ error: any Error) {
    status = Self.status(error)
    text =
      status == .interrupted
      ? "latgate: interrupted; nothing was left on the device"
      : "error: \(error)"
  }

  private static func status(_ error: any Error) -> ExitStatus {
    switch error {
    case is CancellationError: .interrupted
    case is CatalogError, is RunRecordError: .badInput
    case is UnknownName: .usage
    case let error as ProbeBuildError: ExitStatus(rawValue: error.exitCode) ?? .internalError
    case is DeviceError, is ADBError, is VirtualDeviceError: .deviceUnavailable
    case let error as RunError: status(of: error)
    default: .internalError
    }
  }

  private static func status(of error: RunError) -> ExitStatus {
    switch error {
    case .badObject, .badKey: .badInput
    case .noFirmware, .unknownFirmware: .usage
    case .hookFailed: .deviceUnavailable
    case .noVerdict: .internalError
    case .stepFailed, .notSettled, .noProbe, .refused, .gaveUp: .gateFailed
    }
  }
}
