import Catalogs
import Foundation
import ProbePrograms

/// A probe's BPF program in C, of the catalogue or of the user's own.
package struct ProbeSource: Sendable, Equatable {
  /// How the files of probes end.
  package static let suffix = ".bpf.c"

  /// Name of the probe, as in its manifest.
  package let name: String
  /// Path of the `.bpf.c` file; of the manifest where the text is written from that.
  package let path: String
  /// The text that the manifest's tables give; nil = the file's.
  let written: String?
  /// Whether a scope can be asked of its metrics.
  let isScopable: Bool
  /// The prepared programs that could measure it; nil = it needs programs of its own.
  let template: SpanTemplate.Kind?
  /// Whether prepared programs serve it: they are configured as they are loaded, which only a
  /// session with the device does.
  private var usesTemplate: Bool
  /// Whether it can be written as programs of its own.
  private let isWritable: Bool
  /// Whether the file is the object itself, which others have built.
  let isForeign: Bool
  /// Whether it is built for a scope, which the agent sets as it loads the object.
  package private(set) var isScoped = false

  package init(name: String, path: String) {
    self.init(name: name, path: path, written: nil, isScopable: false)
  }

  private init(
    name: String, path: String, written: String?, isScopable: Bool,
    template: SpanTemplate.Kind? = nil, isWritable: Bool = true, isForeign: Bool = false
  ) {
    self.name = name
    self.path = path
    self.written = written
    self.isScopable = isScopable
    self.template = template
    self.isWritable = isWritable
    self.isForeign = isForeign
    usesTemplate = !isWritable
  }

  /// The prepared programs, which a share directory carries for every question to come.
  package static let templates = SpanTemplate.Kind.allCases.map { kind in
    ProbeSource(
      name: kind.rawValue, path: kind.rawValue, written: kind.text, isScopable: true,
      template: kind)
  }

  /// What a manifest says to build, wherever it lies.
  package init(_ manifest: ProbeManifest) {
    self.init(
      name: manifest.name, path: manifest.objectPath ?? manifest.file,
      written: ProbeProgram(manifest)?.text, isScopable: manifest.isScopable,
      template: SpanTemplate(manifest)?.kind,
      isWritable: !manifest.metrics.contains { $0.table?.isWritable == false },
      isForeign: manifest.foreignSettings != nil)
  }

  /// The same, by prepared programs where there are such.
  package var prepared: ProbeSource {
    var source = self
    source.usesTemplate = template != nil
    return source
  }

  /// Refuses what is configured as it is loaded, for objects that are kept or pinned.
  /// - Throws: `ProbeBuildError.badObject`.
  package func requireOwnPrograms() throws {
    guard !isWritable else { return }
    throw ProbeBuildError.badObject(
      what: name,
      reason:
        "prepared programs measure it, which learn as they are loaded where its fields are: it cannot "
        + "be pinned or kept; name arguments (arg0), and numbers that they are to be equal to")
  }

  /// What is compiled for it: one object serves all that prepared programs measure, but what a
  /// firmware pins is not configured as it is loaded, and has to be of its own.
  /// - Throws: `ProbeBuildError.badObject` for what only prepared programs measure.
  func compiled(isPinned: Bool) throws -> ProbeSource {
    if isPinned { try requireOwnPrograms() }
    guard usesTemplate, !isPinned else { return self }
    guard let kind = template, var source = Self.templates.first(where: { $0.template == kind })
    else { return self }
    source.isScoped = isScoped
    return source
  }

  /// The same, built for a scope.
  package var scoped: ProbeSource {
    var source = self
    source.isScoped = true
    return source
  }

  /// The C text.
  /// - Throws: `ProbeBuildError.file` where it cannot be read.
  package func text() throws -> String {
    if let template, !isWritable { return template.text }
    if let written { return written }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ProbeBuildError.file(path: path, reason: "cannot be read")
    }
    return String(decoding: data, as: UTF8.self)
  }
}
