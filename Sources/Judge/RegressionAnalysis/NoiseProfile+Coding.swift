import Foundation
import RunRecords

/// Why a file is no noise profile.
package struct NoiseProfileError: Error, Sendable, Equatable, CustomStringConvertible {
  package var file: String
  package var problem: String

  package init(file: String, problem: String) {
    self.file = file
    self.problem = problem
  }

  package var description: String {
    "\(file): \(problem). Write a new one with 'latgate compare --learn'."
  }
}

extension NoiseProfile {
  /// Schema that this version reads and writes.
  package static let currentSchema = "latgate.noise/1"

  /// Reads a profile.
  /// - Parameters:
  ///   - data: the bytes of the file.
  ///   - file: its name, for messages.
  /// - Returns: the profile, every entry sound.
  /// - Throws: ``NoiseProfileError`` naming the file.
  package static func decode(_ data: Data, file: String) throws(NoiseProfileError) -> NoiseProfile {
    let profile: NoiseProfile
    do {
      profile = try decodeJSON(from: data)
    } catch {
      throw NoiseProfileError(file: file, problem: "is no noise profile: \(error.text)")
    }
    guard profile.schema == currentSchema else {
      throw NoiseProfileError(
        file: file,
        problem: "has schema \"\(profile.schema)\", this version reads \"\(currentSchema)\"")
    }
    for entry in profile.entries {
      guard entry.variance > 0, entry.variance.isFinite, entry.degreesOfFreedom > 0,
        entry.degreesOfFreedom.isFinite
      else {
        throw NoiseProfileError(
          file: file,
          problem: "variance and degreesOfFreedom of \(entry.metric) \(entry.statistic.text) "
            + "must be above 0")
      }
    }
    return profile
  }

  /// The bytes of the profile's file: sorted keys, so that equal profiles are equal files.
  package func encoded() throws -> Data { try canonicalJSON(self) }
}
