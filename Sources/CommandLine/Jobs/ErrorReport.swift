import ADB
import AgentSession
import CampaignFiles
import Campaigns
import Catalogs
import Devices
import Experiments
import FirmwareKit
import Foundation
import KernelBTF
import POSIXSupport
import ProbeBuild
import RecordStore
import RegressionAnalysis
import Reporting
import RunRecords
import VirtualDevices

/// An error as the user sees it, and the exit code it ends with.
///
/// Each module words its own errors; here they get their category.
package struct ErrorReport {
  package let messages: [ErrorMessage]
  package let status: ExitStatus

  package init(_ error: any Error) {
    status = Self.status(error)
    var messages = Self.messages(error)
    // An owner is named only where a firmware could not be judged.
    let cause: FailureCause? =
      switch status {
      case .deviceUnavailable: .deviceUnavailable
      case .gateFailed: error is UnfitBenchError ? .unqualifiedBench : .gateFailed
      default: nil
      }
    if let owner = cause?.owner, !messages.isEmpty {
      messages[messages.count - 1].owner = owner.rawValue
    }
    // A missing file may have a neighbour with nearly the same name.
    if status == .badInput, let last = messages.indices.last,
      let near = Self.nearestFile(to: messages[last].place)
    {
      messages[last].remedy = "did you mean '\(near)'?"
    }
    self.messages = messages
  }

  /// A neighbour of the file that a place names; more may follow the path: `:9:35`, `, field
  /// suite`.
  private static func nearestFile(to place: String) -> String? {
    let path = place.split(separator: ", field ").first.map {
      String($0.replacing(/(:[0-9]+){1,2}$/, with: ""))
    }
    guard let path, !path.isEmpty, !FileManager.default.fileExists(atPath: path) else { return nil }
    let url = URL(fileURLWithPath: path)
    let directory = url.deletingLastPathComponent()
    let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    return nearestName(to: url.lastPathComponent, in: names).map { near in
      path.contains("/") ? directory.appendingPathComponent(near).path : near
    }
  }

  private static func messages(_ error: any Error) -> [ErrorMessage] {
    switch error {
    case is CancellationError:
      return [ErrorMessage(what: "interrupted; nothing is left on the device")]
    case let error as CatalogError: return ErrorMessage.messages(error)
    case let error as UnknownNameError: return [ErrorMessage(error)]
    case let error as MeasureError:
      return [
        ErrorMessage(what: error.message, remedy: error.remedy, details: error.underlined)
      ]
    case let error as VerifierError:
      return [
        ErrorMessage(
          what: "the kernel's verifier refuses it: \(error.cut.message)", place: error.place,
          details: error.details)
      ]
    case let error as RunRecordError: return [ErrorMessage(error)]
    case let error as ExperimentPlan.PlanError: return [ErrorMessage(error)]
    case let error as UnfitBenchError:
      return [
        ErrorMessage(
          what: error.what, remedy: error.remedy,
          details: error.noise.qualification.remedies)
      ]
    case let error as CampaignFileError:
      return [ErrorMessage(what: error.what, place: error.path, remedy: error.remedy)]
    case let error as CampaignDraftError:
      return [ErrorMessage(what: error.what, remedy: error.remedy)]
    case let error as TrialError:
      return [ErrorMessage(what: error.what, remedy: error.remedy, details: error.details)]
    case let error as ReportLines.LineError:
      return [ErrorMessage(what: error.why, place: "\(error.file):\(error.line)")]
    case let error as DeviceError: return [message(error)]
    case let error as ADBError:
      return [message(DeviceError(error, device: "adb", operation: "the request"))]
    case let error as DeviceNameError:
      return [
        ErrorMessage(
          what: error.problem, place: "device '\(error.name)'", remedy: error.remedy)
      ]
    default:
      let lines = "\(error)".split(separator: "\n", omittingEmptySubsequences: false)
      return [
        ErrorMessage(
          what: lines.first.map(String.init) ?? "unknown",
          details: lines.dropFirst().map(String.init))
      ]
    }
  }

  private static func message(_ error: DeviceError) -> ErrorMessage {
    let message = error.message
    return ErrorMessage(what: message.what, place: message.place, remedy: message.remedy)
  }

  private static func status(_ error: any Error) -> ExitStatus {
    switch error {
    case is CancellationError: .interrupted
    case is CatalogError, is RunRecordError, is VerdictError, is NoiseProfileError,
      is TraceFileError:
      .badInput
    case is CampaignFileError, is MetadataError, is ReportLines.LineError: .badInput
    case is CampaignDraftError: .usage
    case let error as TrialError: error.status
    case is CheckDirectory.CheckError, is ResultDirectories.DirectoryError, is ExchangeFileError:
      .badInput
    case let error as ResultPlace.PlaceError: error.isPlace ? .usage : .internalError
    case is UnknownNameError, is ExperimentPlan.PlanError, is ScopeError, is MeasureError: .usage
    case let error as KernelBTFError: ExitStatus(rawValue: error.exitCode) ?? .internalError
    case let error as ProbeBuildError: ExitStatus(rawValue: error.exitCode) ?? .internalError
    case let error as StoreError: error.kind == .unusable ? .internalError : .badInput
    case let error as DeviceError: ExitStatus(rawValue: error.exitCode) ?? .internalError
    case let error as ADBError:
      status(DeviceError(error, device: "adb", operation: "the request"))
    case let error as VirtualDeviceError: status(of: error)
    case is KitDirectory.KitError, is DeviceNameError, is MissingHomeError, is JobError: .usage
    case let error as PushError: error.isUsage ? .usage : .deviceUnavailable
    case is UnfitBenchError, is ArmError, is VerifierError: .gateFailed
    case let error as AgentSessionError: status(of: error)
    case let error as RunError: status(of: error)
    default: .internalError
    }
  }

  private static func status(of error: VirtualDeviceError) -> ExitStatus {
    switch error {
    case .invalidArgument: .usage
    case .invalidValue, .noTypes, .badState: .badInput
    case .nameInUse, .portInUse, .bootTimedOut, .kernelPanic, .notRunning: .deviceUnavailable
    case .missingFromPackage, .startFailed, .cannotStop, .monitor: .internalError
    }
  }

  private static func status(of error: AgentSessionError) -> ExitStatus {
    switch error {
    // The agent only ends by itself when its device, or the way to it, is gone.
    case .ended, .timedOut, .closed: .deviceUnavailable
    case .refused: .gateFailed
    case .versionMismatch, .malformed, .invalidRequest: .internalError
    }
  }

  private static func status(of error: RunError) -> ExitStatus {
    switch error {
    case .badObject, .badKey, .noBuildID, .noScope: .badInput
    case .noFirmware, .unknownFirmware, .fixedFirmware: .usage
    case .commandFailed, .commandTimedOut, .deviceLost, .agentStays, .crashed:
      .deviceUnavailable
    case .noVerdict: .internalError
    case .stepFailed, .notSettled, .noProbe, .gaveUp, .otherFirmware: .gateFailed
    }
  }
}
