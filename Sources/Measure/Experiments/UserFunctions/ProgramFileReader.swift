import Catalogs
import Devices
import Foundation
import KernelEvents
import KernelTypes
import POSIXSupport
import ProbeBuild
import Symbols

/// Why a function of a process cannot be measured.
package struct UserFunctionError: Error, Sendable, Equatable, CustomStringConvertible {
  package var description: String
  /// A path that was probably meant.
  package var suggestion: String?

  package init(_ description: String, suggestion: String? = nil) {
    self.description = description
    self.suggestion = suggestion
  }
}

/// Reads programs and libraries of a device. What was copied from it is kept by its build-id.
package struct ProgramFileReader: Sendable {
  let device: any Device
  let abi: TargetABI

  package init(device: any Device, abi: TargetABI) {
    self.device = device
    self.abi = abi
  }

  /// A file of the device, here.
  struct Found: Sendable {
    /// On this machine.
    var place: String
    var file: ProgramFile
    /// Removes what is not kept.
    var isTemporary: Bool

    func remove() {
      if isTemporary {
        try? FileManager.default.removeItem(
          atPath: (place as NSString).deletingLastPathComponent)
      }
    }
  }

  /// Larger ones are not copied here.
  private static let mostBytes = 512 << 20
  private static let limit = Duration.seconds(30)

  // MARK: what a line is held against

  /// What is known of a file for lines; what is wrong with it is said in it.
  ///
  /// - Parameters:
  ///   - path: on the device.
  ///   - function: that is asked for, which may be named as people write names of C++ and Rust.
  /// - Returns: its functions, or the objection.
  /// - Throws: `DeviceError`.
  package func known(_ path: String, function: String) async throws -> KnownFile {
    do {
      let found = try await find(path)
      defer { found.remove() }
      return KnownFile(path, found.file, function: function)
    } catch let fault as UserFunctionError {
      return KnownFile(path: path, objection: fault.description, suggestion: fault.suggestion)
    }
  }

  // MARK: the file

  /// - Throws: ``UserFunctionError``, `DeviceError`.
  func find(_ path: String) async throws -> Found {
    guard path.hasPrefix("/") else {
      throw UserFunctionError("is no path from the root", suggestion: try await whole(path))
    }
    let quoted = shellQuote(path)
    let result = try await device.exec(
      titled(
        "the head of \(path)",
        "[ -f \(quoted) ] && wc -c < \(quoted) && od -An -v -tx1 -N \(DeviceFiles.headBytes) "
          + "\(quoted)"), timeout: Self.limit)
    let lines = result.text.split(maxSplits: 1, whereSeparator: \.isNewline)
    guard result.exitCode == 0, lines.count == 2,
      let size = Int(lines[0].filter { $0 != " " })
    else {
      throw UserFunctionError("is no file of the device", suggestion: try await near(path))
    }
    let head: ELFHead
    do {
      head = try ELFHead(Data([UInt8](hexadecimal: lines[1].filter { !$0.isWhitespace })))
    } catch {
      throw UserFunctionError("is no program or library: \(error.reason)")
    }
    try require(head)
    guard size <= Self.mostBytes else { throw UserFunctionError("is too large to be looked into") }
    return try await read(path, size: size, buildID: head.buildID)
  }

  private func read(_ path: String, size: Int, buildID: String?) async throws -> Found {
    if device is LocalDevice { return try open(path, isTemporary: false) }
    var directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("latgate-program-\(UUID().uuidString)").path
    var isTemporary = true
    if let buildID, let cache = try? UserDirectories.cache() {
      directory = "\(cache)/programs"
      let kept = "\(directory)/\(buildID)-\(size)"
      if FileManager.default.fileExists(atPath: kept) {
        UserDirectories.markUsed(kept)
        return try open(kept, isTemporary: false)
      }
      isTemporary = false
    }
    try UserDirectories.makeDirectory(directory)
    let place = "\(directory)/\(buildID ?? "file")-\(size)"
    let part = "\(place).\(UUID().uuidString)"
    do {
      try await device.pull(path, to: part)
      guard rename(part, place) == 0 else { throw UserFunctionError("cannot be kept here") }
      let found = try open(place, isTemporary: isTemporary)
      // What is kept is found by its name.
      guard buildID == nil || found.file.head.buildID == buildID else {
        throw UserFunctionError("was replaced while it was copied: try again")
      }
      return found
    } catch {
      // Nothing is kept that could not be read.
      for left in isTemporary ? [directory] : [part, place] {
        try? FileManager.default.removeItem(atPath: left)
      }
      throw error
    }
  }

  private func open(_ place: String, isTemporary: Bool) throws -> Found {
    // Not mapped: a file that is cut off while it is read must not end this process.
    guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: place))
    else { throw UserFunctionError("cannot be read") }
    do {
      return Found(place: place, file: try ProgramFile(bytes), isTemporary: isTemporary)
    } catch {
      throw UserFunctionError("is damaged: \(error.reason)")
    }
  }

  /// The machine's code has to be the device's own: registers of other modes are elsewhere.
  private func require(_ head: ELFHead) throws(UserFunctionError) {
    let (own, name) =
      switch abi {
      case .arm64: (ELFHead.machineARM64, "arm64")
      case .armv7: (ELFHead.machineARM, "armv7")
      case .x86_64: (ELFHead.machineX86, "x86_64")
      }
    guard head.machine == own else {
      throw UserFunctionError("is not of \(name), which the device's kernel is")
    }
  }

  // MARK: what was meant

  /// A name alone, as the device's shell finds it.
  private func whole(_ name: String) async throws -> String? {
    let found = try await device.exec(
      titled("the place of \(name)", "command -v \(shellQuote(name))"), timeout: Self.limit)
    let path = found.text.trimmingCharacters(in: .whitespacesAndNewlines)
    return path.hasPrefix("/") ? path : nil
  }

  /// A file of a like name in the same directory, or a program of the name elsewhere.
  private func near(_ path: String) async throws -> String? {
    let (directory, name) = (PathParent.of(path), (path as NSString).lastPathComponent)
    let list = try await device.exec(
      titled("the files of \(directory)", "ls \(shellQuote(directory))"), timeout: Self.limit)
    let names = list.text.split(whereSeparator: \.isNewline).map(String.init)
    if let near = nearestName(to: name, in: names) {
      return directory == "/" ? "/\(near)" : "\(directory)/\(near)"
    }
    return try await whole(name)
  }
}

extension KnownFile {
  fileprivate init(_ path: String, _ file: ProgramFile, function: String) {
    self.init(path: path)
    var found = file.functions
    if found[function] == nil {
      let readable = file.functions(named: function)
      if !readable.isEmpty { found[function] = readable }
    }
    functions = Array(found.keys)
    for (name, all) in found {
      if all.count > 1 { ambiguous[name] = all.count }
      if all.contains(where: \.isIndirect) { indirect.insert(name) }
      if all.contains(where: \.isThumb) { thumb.insert(name) }
    }
    imported = file.imported
    libraries = file.libraries
    goVersion = file.goVersion
    keepsGoroutine = file.keepsGoroutine
    do {
      let probes = USDTProbe.all(try file.usdtLocations(), machine: file.head.machine)
      usdt = probes.map { probe in
        KnownFile.USDT(name: probe.name, arguments: probe.arguments.map(KnownFile.Argument.init))
      }
    } catch { usdtObjection = error.reason }
  }
}

extension KnownFile.Argument {
  fileprivate init(_ argument: USDTProbe.Argument) {
    switch argument {
    case .place(let operand): self.init(size: operand.size, isSigned: operand.isSigned)
    case .places(let places): self.init(size: places.size, isSigned: places.isSigned)
    case .objection(let reason): self.init(size: 8, isSigned: false, objection: reason)
    }
  }
}
