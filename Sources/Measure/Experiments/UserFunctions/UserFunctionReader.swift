import Catalogs
import Devices
import Foundation
import HostTools
import KernelEvents
import KernelTypes
import ProbeBuild
import ProbePrograms
import Symbols

/// Finds events of processes in their files: a function with where it begins and where it ends, and USDT
/// probes.
struct UserFunctionReader: Sendable {
  let device: any Device
  let abi: TargetABI

  /// Bytes of code that are disassembled of a function, and parts that a compiler makes of one.
  private static let mostCode: UInt64 = 1 << 20
  private static let mostParts = 8
  /// `LG_SITES_MAX`
  private static let mostSites = 256
  /// Bytes of an instruction that are held against the file on the device.
  private static let codeBytes = 16

  /// - Throws: ``UserFunctionError``, `DeviceError`.
  func function(of template: SpanTemplate) async throws -> UserFunction {
    guard let function = template.userFunction else {
      preconditionFailure("the template is of the kernel")
    }
    let asked = Asked(
      path: function.path, symbol: function.symbol, returns: function.returns,
      needsReturns: template.needsReturns, readsResult: template.readsResult,
      isSingle: template.isSingle)
    return try await inFile(asked.path) { try await self.function(asked, $0) }
  }

  /// A USDT probe, or the side of a function that is timed from one or to one.
  ///
  /// - Throws: ``UserFunctionError``, `DeviceError`.
  func place(of event: SpanEvent) async throws -> UserPlace {
    guard let path = event.file else { preconditionFailure("the event is of the kernel") }
    return try await inFile(path) { found in
      if let usdt = event.usdt { return try place(of: usdt, path, found.file) }
      let isReturn = event.place == .return
      let function = try await self.function(
        Asked(
          path: path, symbol: event.function ?? "", returns: event.returns, needsReturns: isReturn,
          readsResult: event.fields.contains { $0.source == .result }, isSingle: false), found)
      guard !function.isGo else {
        throw UserFunctionError("is of Go, whose goroutines change threads: measure it alone")
      }
      return UserPlace(function, isReturn: isReturn)
    }
  }

  /// What is asked of a function.
  private struct Asked {
    var path: String
    var symbol: String
    var returns: SpanEvent.Returns
    var needsReturns: Bool
    var readsResult: Bool
    var isSingle: Bool
  }

  /// Faults have the path before them.
  private func inFile<Result>(
    _ path: String, _ body: (ProgramFileReader.Found) async throws -> Result
  ) async throws -> Result {
    do {
      let found = try await ProgramFileReader(device: device, abi: abi).find(path)
      defer { found.remove() }
      return try await body(found)
    } catch let fault as UserFunctionError {
      throw UserFunctionError("\(path) \(fault.description)", suggestion: fault.suggestion)
    }
  }

  private func function(
    _ asked: Asked, _ found: ProgramFileReader.Found
  ) async throws -> UserFunction {
    let file = found.file
    let function = try Self.only(asked.symbol, file)
    let isGo = file.goVersion != nil && asked.symbol.contains(".")
    if isGo, asked.needsReturns, asked.returns == .uretprobe {
      throw UserFunctionError(
        "is of Go, whose runtime moves stacks: a uretprobe crashes it; use ret-sites")
    }
    if isGo, !asked.isSingle, !file.keepsGoroutine {
      throw UserFunctionError(
        "was built by a version of Go before go1.18, or one that is not known")
    }
    let bySites =
      asked.needsReturns && (asked.returns == .sites || isGo && asked.returns == .auto)
    var notes = [Self.note(of: file)]
    // The entry of a function of Go is known by its code alone, as it may begin twice.
    guard bySites || isGo else {
      return UserFunction(
        path: asked.path, identity: file.identity, entry: try site(function.address, file),
        returns: .uretprobe, isGo: false, notes: notes)
    }
    let ends = try await self.ends(of: function, found)
    if ends.returns.count > Self.mostSites {
      throw UserFunctionError(
        "has more than \(Self.mostSites) places that leave '\(function.name)'")
    }
    if bySites, !ends.tailCalls.isEmpty {
      guard !asked.readsResult else {
        throw UserFunctionError(
          "has tail calls in '\(function.name)', after which another function gives the result: ask "
            + "without 'ret', or give --returns uretprobe")
      }
      notes.append(
        "\(ends.tailCalls.count) of \(ends.returns.count) ends are tail calls: the time of what they "
          + "call is not in it")
    }
    if bySites, ends.indirectJumps > 0 {
      notes.append(
        "\(ends.indirectJumps) jumps by a pointer may be tail calls, which are then lost")
    }
    return UserFunction(
      path: asked.path, identity: file.identity, entry: try site(ends.entry, file),
      returns: .sites(try ends.returns.map { try site($0, file) }), isGo: isGo, notes: notes)
  }

  private static func note(of file: ProgramFile) -> String {
    file.identity.isEmpty
      ? "the file has no build-id: the code at the places alone was compared"
      : "build-id \(file.identityText)"
  }

  // MARK: USDT probes

  private func place(
    of usdt: SpanEvent.USDT, _ path: String, _ file: ProgramFile
  ) throws(UserFunctionError) -> UserPlace {
    let locations: [USDTLocation]
    do { locations = try file.usdtLocations() } catch {
      throw UserFunctionError("has USDT notes that cannot be read: \(error.reason)")
    }
    let probes = USDTProbe.all(locations, machine: file.head.machine)
    guard let probe = probes.first(where: { $0.name == usdt.fullName }) else {
      let near = nearestName(to: usdt.fullName, in: probes.map(\.name))
      throw UserFunctionError(
        probes.isEmpty
          ? "has no USDT probes"
          : "has no USDT probe '\(usdt.fullName)'"
            + (near.map { ": did you mean '\($0)'?" } ?? ""))
    }
    guard probe.locations.count <= Self.mostSites else {
      throw UserFunctionError("has '\(probe.name)' at more than \(Self.mostSites) places")
    }
    var notes = [Self.note(of: file)]
    if probe.locations.count > 1 {
      notes.append("\(probe.locations.count) locations of \(probe.name)")
    }
    var sites: [UserFunction.Site] = []
    for location in probe.locations { sites.append(try site(location, file)) }
    return UserPlace(
      path: path, identity: file.identity, sites: sites, arguments: probe.arguments, notes: notes)
  }

  private func site(
    _ location: USDTLocation, _ file: ProgramFile
  ) throws(UserFunctionError) -> UserFunction.Site {
    var site = try self.site(location.address, file)
    // In the middle of other code, or in Thumb's, a breakpoint would break the program.
    guard USDTLocation.isInstruction(site.code, machine: file.head.machine) else {
      throw UserFunctionError(
        "has other code at 0x\(String(location.address, radix: 16)) than '\(location.fullName)' leaves "
          + "there: its notes are not those of its code, or it is Thumb code, in which kernels set no "
          + "breakpoints")
    }
    guard let address = location.semaphore else { return site }
    guard let offset = file.head.offset(ofAddress: address) else {
      throw UserFunctionError(
        "has the semaphore of '\(location.fullName)' at 0x\(String(address, radix: 16)), which is not "
          + "in the file: it cannot be set, and the program passes over the probe")
    }
    site.semaphore = offset
    return site
  }

  private static func only(
    _ symbol: String, _ file: ProgramFile
  ) throws(UserFunctionError) -> ProgramFile.Function {
    let all = file.functions(named: symbol)
    guard let function = all.first else {
      let near = nearestName(to: symbol, in: Array(file.functions.keys))
      throw UserFunctionError(
        "has no function '\(symbol)'" + (near.map { ": did you mean '\($0)'?" } ?? ""))
    }
    if all.count > 1 { throw UserFunctionError("has \(all.count) functions '\(symbol)'") }
    if function.isIndirect {
      throw UserFunctionError("has in '\(symbol)' the choice of a function, not the function")
    }
    if function.isThumb {
      throw UserFunctionError("has '\(symbol)' in Thumb code, in which kernels set no breakpoints")
    }
    return function
  }

  /// An address of the file as the agent needs it.
  private func site(
    _ address: UInt64, _ file: ProgramFile
  ) throws(UserFunctionError) -> UserFunction.Site {
    guard let offset = file.head.offset(ofAddress: address) else {
      throw UserFunctionError("has no code at 0x\(String(address, radix: 16))")
    }
    let code = file.code(at: offset, count: Self.codeBytes)
    guard !code.isEmpty else {
      throw UserFunctionError("ends before 0x\(String(address, radix: 16))")
    }
    return UserFunction.Site(offset: offset, code: code)
  }

  // MARK: code

  private func ends(
    of function: ProgramFile.Function, _ found: ProgramFileReader.Found
  ) async throws -> FunctionEnds {
    guard function.size > 0 else {
      throw UserFunctionError("does not say how long '\(function.name)' is")
    }
    guard function.size <= Self.mostCode else {
      throw UserFunctionError("has in '\(function.name)' more code than is looked through")
    }
    guard let whole = Self.range(of: function) else {
      throw UserFunctionError("has '\(function.name)' at the end of all addresses")
    }
    var listing = try await listing(whole, found)
    let cold = found.file.coldParts(of: function.name).filter { $0.size <= Self.mostCode }
      .compactMap { Self.range(of: $0) }
    var parts: [Range<UInt64>] = []
    var seen = 0
    // What a compiler thinks to be rare, it puts behind all other code.
    while seen < listing.instructions.count, parts.count < Self.mostParts {
      let instruction = listing.instructions[seen]
      seen += 1
      guard case .jump(let target, _) = instruction.kind, !whole.contains(target),
        !parts.contains(where: { $0.contains(target) }),
        let range = cold.first(where: { $0.contains(target) })
      else { continue }
      parts.append(range)
      listing.instructions += try await self.listing(range, found).instructions
    }
    do {
      return try FunctionEnds(listing, of: whole, parts: parts)
    } catch {
      throw UserFunctionError("cannot have '\(function.name)' measured by its returns: \(error)")
    }
  }

  private static func range(of function: ProgramFile.Function) -> Range<UInt64>? {
    let (end, overflow) = function.address.addingReportingOverflow(function.size)
    return overflow ? nil : function.address..<end
  }

  private func listing(
    _ range: Range<UInt64>, _ found: ProgramFileReader.Found
  ) async throws -> CodeListing {
    guard let path = Disassembler.path() else {
      throw UserFunctionError(
        "needs llvm-objdump on this machine, as it is measured by its returns; install the Debian "
          + "package llvm, or put a Swift toolchain into PATH")
    }
    do {
      // A device's file may be made to keep it busy.
      let text = try await HostTool(name: path, package: "llvm").output(
        [
          "-d", "--no-show-raw-insn", "--start-address=0x\(String(range.lowerBound, radix: 16))",
          "--stop-address=0x\(String(range.upperBound, radix: 16))", found.place,
        ], cpuLimit: 60)
      return CodeListing(
        String(decoding: text, as: UTF8.self), machine: found.file.head.machine)
    } catch let error as HostToolError {
      throw UserFunctionError("cannot be disassembled: \(error)")
    }
  }
}
