import Catalogs
import Foundation
import ProbeBuild

/// A probe of an object that another tool's authors wrote.
package struct ForeignProbe: Sendable {
  private let path: String
  private let maps: [String]
  private let unit: String
  private let settings: [String: UInt64]
  private let lastSlot: Int?

  /// - Parameters:
  ///   - path: of the object.
  ///   - maps: maps or variables with histograms; empty = all that it has.
  ///   - unit: of what the slots count: `ns`, `us`, `ms`, `s`, or another unit of reports.
  ///   - settings: constants of the object.
  ///   - lastSlot: of maps whose keys have the slot.
  package init(
    _ path: String, maps: [String], unit: String, settings: [String: UInt64], lastSlot: Int?
  ) {
    self.path = path
    self.maps = maps
    self.unit = unit
    self.settings = settings
    self.lastSlot = lastSlot
  }

  private static let scales: [String: UInt64] = [
    "ns": 1, "us": 1000, "ms": 1_000_000, "s": 1_000_000_000,
  ]

  /// - Throws: `ProbeBuildError` for an object that cannot be measured, or has no such map.
  package func manifest() throws -> ProbeManifest {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ProbeBuildError.file(path: path, reason: "cannot be read")
    }
    let object = try ForeignObject(Array(data), name: path)
    _ = try object.programs(hasBTF: true)
    _ = try object.setting(settings)
    let names = maps.isEmpty ? object.histograms : maps
    guard !names.isEmpty else {
      throw ProbeBuildError.badObject(
        what: path, reason: "no map or variable has counts by powers of two")
    }
    let histograms = try names.map { map in
      var (found, key) = try object.histogram(map, last: lastSlot)
      found.scale = Self.scales[unit] ?? 1
      return (name: map, map: found, unit: Self.scales[unit] == nil ? unit : "ns", key: key)
    }
    return ProbeManifest(foreign: name, path: path, histograms, settings: settings)
  }

  /// Of the file, as probes are called.
  private var name: String {
    let file = (path as NSString).lastPathComponent
    let stem = file.prefix { $0 != "." }.lowercased().map { character in
      character.isASCII && (character.isLetter || character.isNumber) ? character : "_"
    }
    let name = String(String(stem).prefix(24))
    return name.first?.isLetter == true ? name : "object"
  }
}
