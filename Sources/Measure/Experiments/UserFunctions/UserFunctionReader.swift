import Catalogs
import Devices
import Foundation
import HostTools
import KernelEvents
import KernelTypes
import ProbeBuild
import ProbePrograms
import Symbols

/// Finds a function of a process in its file: where it begins, and where it ends.
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
    guard let asked = template.userFunction else {
      preconditionFailure("the template is of the kernel")
    }
    do {
      let found = try await ProgramFileReader(device: device, abi: abi).find(asked.path)
      defer { found.remove() }
      return try await function(asked, template, found)
    } catch let fault as UserFunctionError {
      throw UserFunctionError("\(asked.path) \(fault.description)", suggestion: fault.suggestion)
    }
  }

  private func function(
    _ asked: (path: String, symbol: String, returns: SpanEvent.Returns), _ template: SpanTemplate,
    _ found: ProgramFileReader.Found
  ) async throws -> UserFunction {
    let file = found.file
    let function = try Self.only(asked.symbol, file)
    let isGo = file.goVersion != nil && asked.symbol.contains(".")
    if isGo, template.needsReturns, asked.returns == .uretprobe {
      throw UserFunctionError(
        "is of Go, whose runtime moves stacks: a uretprobe crashes it; use ret-sites")
    }
    if isGo, !template.isSingle, !file.keepsGoroutine {
      throw UserFunctionError(
        "was built by a version of Go before go1.18, or one that is not known")
    }
    let bySites =
      template.needsReturns && (asked.returns == .sites || isGo && asked.returns == .auto)
    var notes: [String] = []
    if file.identity.isEmpty {
      notes.append("the file has no build-id: the code at the places alone was compared")
    } else {
      notes.append("build-id \(file.identityText)")
    }
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
      guard !template.readsResult else {
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
      let text = try await HostTool(name: path, package: "llvm").output([
        "-d", "--no-show-raw-insn", "--start-address=0x\(String(range.lowerBound, radix: 16))",
        "--stop-address=0x\(String(range.upperBound, radix: 16))", found.place,
      ])
      return CodeListing(
        String(decoding: text, as: UTF8.self), machine: found.file.head.machine)
    } catch let error as HostToolError {
      throw UserFunctionError("cannot be disassembled: \(error)")
    }
  }
}
