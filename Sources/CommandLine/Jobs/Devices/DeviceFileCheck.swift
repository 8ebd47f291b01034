import Catalogs
import Devices
import Experiments
import Foundation
import POSIXSupport
import VirtualDevices

/// What a sound device file cannot keep: values that its virtual machine refuses, probes of a kit
/// that are not there, and files and programs of this machine that it names.
package struct DeviceFileCheck {
  private let device: DeviceDefinition
  private let catalog: Catalog

  package init(_ device: DeviceDefinition, in catalog: Catalog) {
    self.device = device
    self.catalog = catalog
  }

  /// In the order of the file's keys.
  ///
  /// `looksForFiles` is false where the file is for another machine than this one.
  package func problems(looksForFiles: Bool = true) -> [CatalogProblem] {
    machineProblems + (looksForFiles ? filesNamed + programsNamed : [])
  }

  private func problem(_ field: String, _ message: String, remedy: String) -> CatalogProblem {
    CatalogProblem(file: device.file, field: field, message: message, remedy: remedy)
  }

  private var machineProblems: [CatalogProblem] {
    device.firmwares.keys.sorted().flatMap { name -> [CatalogProblem] in
      guard case .virtual(let firmware) = device.firmwares[name] else { return [] }
      var found: [CatalogProblem] = []
      do {
        try device.machine(firmware: name).validate()
      } catch let VirtualDeviceError.invalidValue(field, value, reason) {
        found.append(
          problem(
            "firmwares.\(name)", "\(field) '\(value)' cannot be: \(reason)", remedy: "change it")
        )
      } catch {
        found.append(problem("firmwares.\(name)", "\(error)", remedy: "change it"))
      }
      for probe in firmware.kit {
        do { _ = try catalog.probe(probe) } catch let error as UnknownNameError {
          found.append(
            problem("firmwares.\(name).kit", "there is no probe '\(probe)'", remedy: error.remedy))
        } catch {}  // Its own file says what is wrong.
      }
      return found
    }
  }

  /// Files that are read before and while the device is measured.
  private var filesNamed: [CatalogProblem] {
    var files: [(field: String, path: String)] = []
    if case .ssh(let place) = device.kind {
      for (field, path) in [("identity", place.identity), ("ssh_config", place.configuration)] {
        if let path { files.append((field, path)) }
      }
    }
    if case .file(let path, _) = device.placedBTF {
      let placeholder = "{firmware}"
      let paths =
        path.contains(placeholder)
        ? device.firmwares.keys.sorted().map { path.replacing(placeholder, with: $0) } : [path]
      files += paths.map { (field: "btf.file", path: $0) }
    }
    // ssh expands these by its own rules.
    return files.filter { !$0.path.hasPrefix("~") && !$0.path.contains("%") }
      .filter { !FileManager.default.isReadableFile(atPath: $0.path) }
      .map { field, path in
        let isThere = FileManager.default.fileExists(atPath: path)
        return problem(
          field, isThere ? "\(path) cannot be read" : "there is no file \(path)",
          remedy: isThere ? "mend its permissions" : "put it there, or correct the path")
      }
  }

  /// Programs that commands begin with, as far as that can be read without a shell.
  private var programsNamed: [CatalogProblem] {
    DeviceDefinition.HostCommandName.allCases.compactMap { name in
      guard let command = device.commands?[name]?.command, let program = Self.program(of: command)
      else { return nil }
      let field = "commands.\(name.rawValue)"
      guard program.contains("/") else {
        if ProgramSearch.path(of: program) != nil { return nil }
        return problem(
          field, "program '\(program)' is not installed here", remedy: "install it, or correct it")
      }
      if FileManager.default.isExecutableFile(atPath: program) { return nil }
      guard FileManager.default.fileExists(atPath: program) else {
        let isRelative = !program.hasPrefix("/")
        return problem(
          field,
          "there is no program \(program)"
            + (isRelative ? " in \(FileManager.default.currentDirectoryPath)" : ""),
          remedy: isRelative
            ? "commands run in the directory in which latgate is started: give the full path"
            : "correct the path")
      }
      return problem(field, "\(program) is not executable", remedy: "chmod +x \(program)")
    }
  }

  /// Words that a shell knows by itself; what follows one of them is not looked at.
  private static let shellWords: Set<String> = [
    ".", ":", "break", "case", "cd", "command", "continue", "echo", "eval", "exec", "exit",
    "export",
    "false", "for", "if", "local", "printf", "read", "return", "set", "shift", "test", "time",
    "times",
    "trap", "true", "type", "ulimit", "umask", "unset", "until", "wait", "while",
  ]

  /// The program that a command begins with; nil where only a shell can say.
  static func program(of command: String) -> String? {
    guard let word = command.split(whereSeparator: \.isWhitespace).first.map(String.init),
      word.wholeMatch(of: /[A-Za-z0-9_.\/+-]+/) != nil, !shellWords.contains(word)
    else { return nil }
    return word
  }
}
