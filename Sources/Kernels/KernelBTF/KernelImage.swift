import Foundation
import KernelTypes

/// Looks for the types of a kernel inside the image that a boot loader takes.
///
/// A kernel built with CONFIG_DEBUG_INFO_BTF has them among its constants, so an image that is not
/// compressed shows them; others hold a compressed kernel, which shows them once unpacked.
enum KernelImage {
  /// Fewer types are no kernel's.
  private static let fewestTypes = 1000

  /// The first whole BTF of a kernel in the bytes; nil without one.
  static func types(in data: Data) -> [UInt8]? {
    // Magic, version 1, no flags.
    let start = Data(BTFTypes.magic + [1, 0])
    var at = data.startIndex
    while let hit = data.range(of: start, in: at..<data.endIndex) {
      at = hit.lowerBound + 4
      let rest = data[hit.lowerBound...]
      // A header of 24 or 32 bytes, types right after it.
      let header = [UInt8](rest.prefix(32))
      guard header.count == 32, [24, 32].contains(header[4]),
        header[5..<12].allSatisfy({ $0 == 0 }),
        let size = BTFHeader.wholeSize(header), size <= rest.count,
        let types = try? BTFTypes([UInt8](rest.prefix(size))), types.count >= fewestTypes
      else { continue }
      return types.bytes
    }
    return nil
  }

  /// The kernel's build-id; nil when the image has none, or several.
  ///
  /// A vDSO has one, too: notes inside a whole ELF file within the image do not count.
  static func buildID(in data: Data) -> String? {
    // Name of 4 bytes, content of 20, type 3, "GNU".
    let start = Data([4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0] + Array("GNU\0".utf8))
    let libraries = places(of: Data(ELFReader.magic), in: data).compactMap { place in
      ELFReader.wholeSize([UInt8](data[place...].prefix(64))).map { place..<(place + $0) }
    }
    var found: Set<String> = []
    for place in places(of: start, in: data) where !libraries.contains(where: { $0 ~= place }) {
      let content = data[(place + start.count)...].prefix(20)
      if content.count == 20 { found.insert(content.hexadecimal) }
    }
    return found.count == 1 ? found.first : nil
  }

  private static func places(of bytes: Data, in data: Data) -> [Int] {
    var found: [Int] = []
    var at = data.startIndex
    while let hit = data.range(of: bytes, in: at..<data.endIndex) {
      found.append(hit.lowerBound)
      at = hit.upperBound
    }
    return found
  }
}
