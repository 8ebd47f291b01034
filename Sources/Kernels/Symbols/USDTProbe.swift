import KernelTypes

/// A USDT probe of a file: its locations, and which of its arguments can be read at all of them.
package struct USDTProbe: Sendable, Equatable {
  /// Where an argument is, or why it cannot be read.
  package enum Argument: Sendable, Equatable {
    /// The same at every location.
    case place(USDTOperand)
    /// Different ones.
    case places(USDTPlaces)
    case objection(String)
  }

  /// `provider:name`
  package let name: String
  /// At least one.
  package let locations: [USDTLocation]
  package let arguments: [Argument]

  /// - Parameters:
  ///   - locations: of a file, those of other probes among them.
  ///   - machine: `EM_…`.
  /// - Returns: the probes by their first location.
  package static func all(_ locations: [USDTLocation], machine: UInt16) -> [Self] {
    var order: [String] = []
    var byName: [String: [USDTLocation]] = [:]
    for location in locations {
      if byName[location.fullName] == nil { order.append(location.fullName) }
      byName[location.fullName, default: []].append(location)
    }
    return order.compactMap { name in byName[name].map { Self(name, $0, machine) } }
  }

  private init(_ name: String, _ locations: [USDTLocation], _ machine: UInt16) {
    self.name = name
    self.locations = locations
    let count = locations.map(\.arguments.count).min() ?? 0
    arguments = (0..<count).map { Self.argument($0, locations, machine) }
  }

  /// One program serves all locations, and has to know where an argument is at each.
  private static func argument(
    _ index: Int, _ locations: [USDTLocation], _ machine: UInt16
  ) -> Argument {
    var operands: [USDTOperand] = []
    for text in locations.map({ $0.arguments[index] }) {
      guard let operand = USDTOperand(text, machine: machine) else {
        return .objection(
          "is '\(text)', which is no integer in a register, in memory behind one or given")
      }
      operands.append(operand)
    }
    guard let first = operands.first else { return .objection("is not there") }
    if operands.allSatisfy({ $0 == first }) { return .place(first) }
    do throws(USDTPlaces.UnreadableError) {
      return .places(try USDTPlaces(locations, operands))
    } catch { return .objection(error.reason) }
  }
}
