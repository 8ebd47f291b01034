import Catalogs
import Experiments
import Foundation
import POSIXSupport
import ProbeBuild

/// A probe that is being written: read from its file each time it is tried.
package struct ProbeTrial: Sendable {
  /// Of the manifest, or of the program.
  package let path: String

  /// - Throws: ``JobError`` for a file of another kind.
  package init(_ path: String) throws(JobError) {
    guard path.hasSuffix(".yaml") || path.hasSuffix(".yml") || path.hasSuffix(ProbeSource.suffix)
    else { throw .noProbeFile(path: path) }
    self.path = path
  }

  /// The probe as its files have it now. A program without a manifest beside it gives what its maps
  /// are called: their labels have no names.
  ///
  /// - Parameters:
  ///   - abi: of the device.
  ///   - bench: whose headers it is built over.
  /// - Returns: the probe.
  /// - Throws: `CatalogError`, `ProbeBuildError`.
  package func probe(abi: TargetABI, _ bench: Workbench) async throws -> ProbeManifest {
    if let manifest { return try ProbeManifest.parse(try text(of: manifest), file: manifest) }
    let object = try await ProbeBuilder(share: bench.share).object(
      of: ProbeSource(name: name, path: path), abi: abi)
    return try Self.probe(name, path: path, maps: try ProbeObject.inspect(path: object.path).maps)
  }

  /// When the files that it is made of were changed, with their names; what is not there is left
  /// out.
  package var stamps: [String: Date] {
    let directory = PathParent.of(path)
    let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    var stamps: [String: Date] = [:]
    for file in files where [".c", ".h", ".yaml", ".yml"].contains(where: { file.hasSuffix($0) }) {
      stamps[file] =
        (try? FileManager.default.attributesOfItem(atPath: "\(directory)/\(file)"))?[
          .modificationDate] as? Date
    }
    return stamps
  }

  /// What a verifier's refusal comes down to; any other error as it is.
  package func explained(_ error: any Error, of probe: ProbeManifest?) -> any Error {
    guard case RunError.noProbe(_, let reasons)? = error as? RunError, let reason = reasons.first,
      reason.contains("verifier"), let first = reason.firstIndex(where: \.isNewline)
    else { return error }
    // Other tiers were not asked for.
    let log = reason[first...].split(whereSeparator: \.isNewline)
      .prefix { line in !["T1: ", "T0: ", "T0 by "].contains { line.hasPrefix($0) } }
      .joined(separator: "\n")
    guard let cut = VerifierLog(log) else { return error }
    return VerifierError(cut: cut, file: source(of: probe), log: log)
  }

  // MARK: files

  private var name: String {
    let file = (path as NSString).lastPathComponent
    return file.hasSuffix(ProbeSource.suffix)
      ? String(file.dropLast(ProbeSource.suffix.count)) : (file as NSString).deletingPathExtension
  }

  /// The manifest: the file, or the one beside the program.
  private var manifest: String? {
    guard path.hasSuffix(ProbeSource.suffix) else { return path }
    let beside = String(path.dropLast(ProbeSource.suffix.count)) + ".yaml"
    return FileManager.default.fileExists(atPath: beside) ? beside : nil
  }

  private func text(of path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ProbeBuildError.file(path: path, reason: "cannot be read")
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// What the verifier's lines are of: the program, or what is written of the tables.
  private func source(of probe: ProbeManifest?) -> (name: String, text: String)? {
    guard let probe, let text = try? ProbeSource(probe).text() else {
      return (try? text(of: path)).map { ((path as NSString).lastPathComponent, $0) }
    }
    let file = probe.objectPath.map { ($0 as NSString).lastPathComponent }
    return (file ?? "\(probe.name)\(ProbeSource.suffix) (as written of the tables)", text)
  }

  /// Metrics by the names of maps: `h_` and `c_`, in their order.
  static func probe(_ name: String, path: String, maps: [String]) throws -> ProbeManifest {
    let metrics = maps.compactMap { map -> (String, ProbeMetric.Kind)? in
      map.hasPrefix("h_") ? (map, .histogram) : map.hasPrefix("c_") ? (map, .counter) : nil
    }
    guard !metrics.isEmpty else {
      throw ProbeBuildError.badObject(
        what: path,
        reason: "no map is of histograms (h_…) or counts (c_…), and there is no manifest beside "
          + "it, \(name).yaml, that says what it gives")
    }
    let head = """
      probe: \(name)
      title: \(name)
      question: \(name)
      object: \((path as NSString).lastPathComponent)
      cost: medium
      privacy: names
      metrics:

      """
    let items = metrics.enumerated().map { index, found in
      """
        - metric: \(name).\(found.0.dropFirst(2))
          help: map \(found.0)
          kind: \(found.1.rawValue)
          unit: \(found.1 == .histogram ? "ns" : "events")
          map: \(found.0)
          counters: \(index)

      """
    }
    return try ProbeManifest.parse(head + items.joined(), file: path)
  }
}

/// A program that the kernel's verifier does not take.
package struct VerifierError: Error {
  let cut: VerifierLog
  /// What the source's lines are of, and its text.
  let file: (name: String, text: String)?
  /// The end of the verifier's log, without what other tiers say.
  package let log: String

  /// `file:line`, or as the kernel says it.
  var place: String {
    if let file, let line { return "\(file.name):\(line.number)" }
    return cut.place ?? file?.name ?? ""
  }

  /// Nil in a header.
  private var line: (number: Int, text: String)? {
    guard let file else { return nil }
    let isOther = cut.place.map { !$0.hasPrefix("\(file.name):") } ?? false
    return isOther ? nil : cut.line(in: file.text)
  }

  var details: [String] {
    var lines: [String] = []
    if let source = line?.text ?? cut.source { lines.append(source) }
    if let instruction = cut.instruction { lines.append("instruction \(instruction)") }
    if cut.omitted > 0 {
      lines.append(
        "\(cut.omitted) more lines of the verifier's log are not shown (--log shows its end)")
    }
    return lines
  }
}
