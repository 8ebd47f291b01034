/// Where a function begins and ends, by its code: what a breakpoint at its first instruction, and at
/// each that leaves it, counts.
package struct FunctionEnds: Sendable, Equatable {
  /// Where the work begins: the first instruction, or in Go what follows the look whether the stack
  /// has to grow, after which the function begins anew.
  package var entry: UInt64
  /// Instructions that leave the function, tail calls among them; at least one.
  package var returns: [UInt64]
  /// Jumps to other functions, which return in its place: the time ends there, and there is no result.
  package var tailCalls: [UInt64]
  /// Jumps by a table or a pointer, which may be tail calls as well.
  package var indirectJumps: Int

  /// Why breakpoints do not count a function.
  package struct ObstacleError: Error, Sendable, Equatable, CustomStringConvertible {
    package var description: String
  }

  /// - Parameters:
  ///   - listing: all instructions of the function, by address.
  ///   - function: its first address and those that follow.
  ///   - parts: of it that the compiler put elsewhere, whose instructions are in the listing.
  /// - Throws: ``ObstacleError``.
  package init(
    _ listing: CodeListing, of function: Range<UInt64>, parts: [Range<UInt64>] = []
  ) throws(ObstacleError) {
    let start = function.lowerBound
    func isInside(_ address: UInt64) -> Bool {
      function.contains(address) || parts.contains { $0.contains(address) }
    }
    let code = listing.instructions
    guard let first = code.first(where: { $0.address == start }) else {
      throw ObstacleError(description: "its code cannot be read")
    }
    var (entry, returns, tailCalls) = (first.address, [UInt64](), [UInt64]())
    var (indirectJumps, beginsAnew) = (0, false)
    for instruction in code {
      switch instruction.kind {
      case .leave: returns.append(instruction.address)
      case .indirect: indirectJumps += 1
      case .jump(start, _): beginsAnew = true
      case .jump(let target, let isConditional) where !isInside(target):
        guard !isConditional else {
          throw ObstacleError(
            description: "a conditional jump at 0x\(String(instruction.address, radix: 16)) leaves "
              + "it, which no breakpoint can follow")
        }
        returns.append(instruction.address)
        tailCalls.append(instruction.address)
      case .jump, .call, .other: break
      }
    }
    if beginsAnew {
      guard let other = Self.behindGrowth(code, start: start) else {
        throw ObstacleError(
          description: "it jumps back to its own first instruction, which would count it again")
      }
      entry = other
    }
    guard !returns.isEmpty else { throw ObstacleError(description: "no instruction leaves it") }
    (self.entry, self.returns, self.tailCalls) = (entry, returns, tailCalls)
    self.indirectJumps = indirectJumps
  }

  /// Instructions that look at the stack, at most.
  private static let mostChecks = 16

  /// What follows the check of the stack in Go: a conditional jump among the first instructions, to
  /// where `runtime.morestack` is called and then the function begun anew. Nil where another jump
  /// goes to the first instruction as well.
  private static func behindGrowth(_ code: [CodeListing.Instruction], start: UInt64) -> UInt64? {
    let again = code.indices.filter { index in
      if case .jump(start, _) = code[index].kind { true } else { false }
    }
    guard again.count == 1, let last = again.first,
      case .jump(_, isConditional: false) = code[last].kind,
      let call = code[..<last].lastIndex(where: { $0.kind.isFlow }),
      case .call(let name) = code[call].kind, name.hasPrefix("runtime.morestack")
    else { return nil }
    let checks = code.prefix(mostChecks).indices.filter { index in
      guard case .jump(let target, isConditional: true) = code[index].kind,
        target > code[index].address, target <= code[call].address
      else { return false }
      // Nothing but moves on the way to the call.
      return !code[..<call].contains { $0.address >= target && $0.kind.isFlow }
    }
    guard let check = checks.last, check + 1 < code.count else { return nil }
    return code[check + 1].address
  }
}

extension CodeListing.Kind {
  fileprivate var isFlow: Bool { self != .other }
}
