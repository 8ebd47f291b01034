import ProbeBuild

/// What a firmware would refuse of a kit, reported before it is built in.
///
/// Rules of bpfloader are those of AOSP's system/bpf/loader (bpfloader.rs with libbpf, Android 16;
/// its vendor part in Loader.cpp) and of the kernel's bpf file system (kernel/bpf/inode.c).
package struct KitLint: Sendable {
  /// Something that keeps the kit from working.
  package struct Problem: Sendable, Equatable, CustomStringConvertible {
    /// Below the kit's directory.
    package var path: String
    package var what: String
    package var remedy: String

    package var description: String { "\(path): \(what); \(remedy)" }
  }

  /// `NAME_MAX`: bytes of a file's name.
  static let nameLimit = 255
  /// What libbpf derives a program's type from, and bpfloader's own `skfilter/`.
  static let sections = [
    "raw_tp/", "tracepoint/", "kprobe/", "kretprobe/", "perf_event", "skfilter/",
  ]

  private let files: [String: KitFile]

  package init(_ files: [KitFile]) {
    self.files = Dictionary(files.map { ($0.path, $0) }) { first, _ in first }
  }

  /// Every problem, by path. A kit without objects is one.
  package func problems() -> [Problem] {
    let paths = files.keys.sorted()
    var problems: [Problem] = []
    for path in paths where isObject(path) { problems += object(path) }
    for path in paths where path.hasSuffix(".te") { problems += policy(path) }
    for path in paths where path.hasSuffix(".rc") { problems += service(path) }
    if !paths.contains(where: isObject) {
      problems.append(
        Problem(
          path: ".", what: "no objects below \(KitFile.root)",
          remedy: "write the kit with 'latgate firmware-kit -o'"))
    }
    return problems + loader()
  }

  private func isObject(_ path: String) -> Bool {
    path.hasPrefix(KitFile.root) && (path.hasSuffix(".bpf") || path.hasSuffix(".o"))
  }

  private func text(_ path: String) -> String {
    files[path].map { String(decoding: $0.content, as: UTF8.self) } ?? ""
  }

  private func object(_ path: String) -> [Problem] {
    let object: ProbeObject
    do {
      object = try ProbeObject.inspect(files[path]?.content ?? [], name: path)
    } catch ProbeBuildError.badObject(_, let reason) {
      return [Problem(path: path, what: reason, remedy: "build the object again")]
    } catch {
      return [Problem(path: path, what: "\(error)", remedy: "build the object again")]
    }
    var problems: [Problem] = []
    if !["GPL", "GPL v2", "Dual BSD/GPL", "Dual MIT/GPL"].contains(object.license) {
      problems.append(
        Problem(
          path: path, what: "license '\(object.license)': tracing helpers are for GPL programs",
          remedy: "declare a GPL-compatible license"))
    }
    if path.hasPrefix("\(KitFile.root)vendor/") || path.hasPrefix("\(KitFile.root)odm/") {
      return problems + vendor(path, object)
    }
    guard path.hasPrefix("\(KitFile.root)system/") else { return problems }
    return problems + platform(path, object)
  }

  /// bpfloader's vendor part knows one kind of program.
  private func vendor(_ path: String, _ object: ProbeObject) -> [Problem] {
    object.programs.filter { !$0.section.hasPrefix("skfilter/") }.map { program in
      Problem(
        path: path,
        what: "program '\(program.name)' (\(program.section)): only socket filters are loaded "
          + "from a vendor partition",
        remedy: "put the object into /system/etc/bpf")
    }
  }

  private func platform(_ path: String, _ object: ProbeObject) -> [Problem] {
    var problems: [Problem] = []
    let name = path.split(separator: "/").last.map { String($0.prefix { $0 != "." }) } ?? ""
    func add(_ what: String, _ remedy: String) {
      problems.append(Problem(path: path, what: what, remedy: remedy))
    }
    if !path.hasPrefix("\(KitFile.root)system/etc/bpf/") {
      add("bpfloader does not look here", "put it below /system/etc/bpf")
    }
    let loaded = object.programs.filter(\.isLoaded)
    if loaded.isEmpty { add("no program would be loaded", "build the kit again") }
    for program in loaded
    where !Self.sections.contains(where: { program.section.hasPrefix($0) }) {
      add(
        "program '\(program.name)': section '\(program.section)' is none that bpfloader may load "
          + "without risk for the whole object",
        "use one of \(Self.sections.joined(separator: " ")), or mark the section with '?'")
    }
    // A section of variables is a map with a dot in its name.
    for section in object.dataSections where section != ".rodata" {
      add(
        "section \(section): bpfloader asks for a row of its map and cannot pin its name",
        "keep variables in a map")
    }
    let pins =
      object.maps.map { "map_\(name)_\($0)" } + loaded.map { "prog_\(name)_\($0.name)" }
    for pin in pins where pin.utf8.count > Self.nameLimit || pin.contains(".") {
      add(
        "'\(pin)' is no name for a pin: at most \(Self.nameLimit) bytes and no dot",
        "choose shorter names")
    }
    return problems + rows(path, name, object) + manifest(path, name, loaded)
  }

  /// bpfloader gives up an object when a map or program has no row in its list.
  private func rows(_ path: String, _ name: String, _ object: ProbeObject) -> [Problem] {
    let text = text(AndroidKit.descriptors)
    let place = path.dropFirst("\(KitFile.root)system".count)
    guard let start = text.range(of: "filename: \"\(place)\"") else {
      return [
        Problem(
          path: AndroidKit.descriptors, what: "no row for \(place)",
          remedy: "bpfloader loads only what its list names: write the kit again")
      ]
    }
    let rest = text[start.upperBound...]
    let entry = rest[..<(rest.range(of: "BpfFileDesc")?.lowerBound ?? rest.endIndex)]
    let names = object.maps + object.programs.map(\.name)
    let missing = names.filter { !entry.contains("\"\($0)\"") }
    return missing.map {
      Problem(
        path: AndroidKit.descriptors, what: "no row for '\($0)' of \(place)",
        remedy: "bpfloader gives up the whole object: write the kit again")
    }
  }

  /// Without it the agent does not know what was pinned.
  private func manifest(
    _ path: String, _ name: String, _ loaded: [ProbeObject.Program]
  ) -> [Problem] {
    let place = "\(KitFile.root)\(AndroidKit.manifests)/\(name).pins"
    guard files[place] != nil else {
      return [
        Problem(
          path: place, what: "is missing, so that the agent will not find \(name)",
          remedy: "write the kit again")
      ]
    }
    var programs: Set<String> = []
    for line in text(place).split(whereSeparator: \.isNewline) {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      if fields.first == "hook", fields.count > 3 { programs.insert(String(fields[3])) }
    }
    guard programs == Set(loaded.map(\.name)) else {
      return [
        Problem(
          path: place, what: "names other programs than \(path) loads",
          remedy: "write the kit again")
      ]
    }
    return []
  }

  /// AOSP: `neverallow { domain -bpfloader } *:bpf { map_create prog_load };`
  private func policy(_ path: String) -> [Problem] {
    var problems: [Problem] = []
    let lines = text(path).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let loads = line.contains("map_create") || line.contains("prog_load")
      guard loads, line.hasPrefix("allow "), !line.hasPrefix("allow bpfloader ") else { continue }
      problems.append(
        Problem(
          path: "\(path):\(index + 1)",
          what: "lets another domain than bpfloader create maps or load programs",
          remedy: "a neverallow of the platform forbids it: remove the rule"))
    }
    return problems
  }

  private func service(_ path: String) -> [Problem] {
    let lines = text(path).split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
    var problems: [Problem] = []
    for line in lines where line.hasPrefix("service ") {
      let words = line.split(separator: " ")
      let program = words.count > 2 ? String(words[2].dropFirst()) : ""
      if files[KitFile.root + program] == nil {
        problems.append(
          Problem(
            path: path, what: "starts /\(program), which the kit does not have",
            remedy: "write the kit again"))
      }
    }
    if !lines.contains(where: { $0.hasPrefix("user ") && $0 != "user root" }) {
      problems.append(
        Problem(
          path: path, what: "the service would run as root", remedy: "give it 'user shell'"))
    }
    return problems
  }

  /// Of a kit for embedded Linux: what loads must be there and may be started.
  private func loader() -> [Problem] {
    let path = "\(KitFile.root)\(LinuxKit.directory)/latgate-agent"
    let script = "\(KitFile.root)etc/init.d/S20latgate"
    guard files.keys.contains(where: { $0.hasPrefix("\(KitFile.root)\(LinuxKit.directory)/") })
    else {
      return []
    }
    return [path, script].filter { (files[$0]?.mode ?? 0) & 0o111 == 0 }.map {
      Problem(path: $0, what: "is missing or not executable", remedy: "write the kit again")
    }
  }
}
