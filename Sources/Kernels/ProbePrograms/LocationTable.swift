import CAgentABI
import Symbols

/// `struct lg_locations`: where the arguments of a USDT probe are at each of its locations. Empty for other
/// events, and where every argument has one place.
struct LocationTable {
  /// Where the registers have the address of the instruction; 0 for an empty table.
  let instruction: UInt32
  /// Where in their pages the locations are, ascending.
  let pageOffsets: [UInt32]
  /// Of an argument, by its number; one for each location, or none.
  let places: [[Place]]

  init(_ source: EventSource) {
    var pageOffsets: [UInt32] = []
    var places: [[Place]] = []
    for argument in source.arguments ?? [] {
      guard case .places(let all) = argument else {
        places.append([])
        continue
      }
      pageOffsets = all.places.map(\.pageOffset)
      // What is asked for has a place (`EventSource`).
      places.append(all.places.map { Place($0.operand, source.registers) ?? .nowhere })
    }
    instruction = pageOffsets.isEmpty ? 0 : UInt32(source.registers.instruction)
    self.pageOffsets = pageOffsets
    self.places = places
  }
}

extension ConfigurationWriter {
  mutating func put(_ table: LocationTable) {
    put(table.instruction)
    put(UInt32(0))
    for index in 0..<Int(LG_TEMPLATE_LOCATIONS) {
      put(table.pageOffsets.indices.contains(index) ? table.pageOffsets[index] : UInt32.max)
    }
    for argument in 0..<Int(LG_TEMPLATE_ARGUMENTS) {
      let places = table.places.indices.contains(argument) ? table.places[argument] : []
      for index in 0..<Int(LG_TEMPLATE_LOCATIONS) {
        put(places.indices.contains(index) ? places[index] : .nowhere)
      }
    }
  }
}
