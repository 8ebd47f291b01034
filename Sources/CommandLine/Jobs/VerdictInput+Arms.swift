import Experiments
import RegressionAnalysis
import RunRecords

extension VerdictInput {
  /// The two arms of an experiment, from its records.
  package init(experiment records: [RunRecord], policy: VerdictPolicy) {
    func runs(_ arm: ExperimentPlace.Arm) -> [RunRecord] {
      records.filter { $0.experiment?.arm == arm }
    }
    self.init(reference: runs(.reference), candidate: runs(.candidate), policy: policy)
  }

  /// Refuses records of two arms that are one firmware, unless that is declared: by `isAA`, by the
  /// records themselves, or by one name and id in both arms.
  /// - Throws: ``ArmError``.
  package func requireArms(isAA: Bool) throws {
    let references = Self.firmwares(of: reference)
    let candidates = Self.firmwares(of: candidate)
    for one in references {
      for other in candidates {
        if isAA {
          let differences = one.firmwareMarks.ofBuild.differences(from: other.firmwareMarks.ofBuild)
          guard differences.isEmpty else {
            throw ArmError.different(
              device: "", reference: one.firmware.name, candidate: other.firmware.name,
              marks: differences.map(\.rawValue))
          }
        } else if one.experiment?.isAA != true || other.experiment?.isAA != true,
          one.firmware.name != other.firmware.name, one.isOneBuild(with: other)
        {
          throw ArmError.same(
            device: "", reference: one.firmware.name, candidate: other.firmware.name,
            marks: other.firmwareMarks.text)
        }
      }
    }
  }

  /// A record of each firmware.
  private static func firmwares(of records: [RunRecord]) -> [RunRecord] {
    var found: [RunRecord] = []
    for record in records where !found.contains(where: { $0.firmware == record.firmware }) {
      found.append(record)
    }
    return found
  }
}

extension RunRecord {
  /// Where the devices were not asked, only the records' names of their builds are known.
  fileprivate func isOneBuild(with other: RunRecord) -> Bool {
    let (own, others) = (firmwareMarks, other.firmwareMarks)
    let isAsked = own[.fingerprint] != nil && others[.fingerprint] != nil
    return isAsked ? own.isSame(as: others) : firmware.id == other.firmware.id
  }
}
