import Foundation

/// What the first page of a program or library says: where its parts go in memory, and its build-id.
///
/// Any bytes may be given: what does not fit is an error, never a trap.
package struct ELFHead: Sendable, Equatable {
  /// A part of the file that is mapped (`PT_LOAD`).
  package struct Segment: Sendable, Equatable {
    /// Bytes of the file.
    package let file: Range<UInt64>
    /// Of its first byte, before the file is moved to where it is loaded.
    package let address: UInt64
    package let isExecutable: Bool

    package init(file: Range<UInt64>, address: UInt64, isExecutable: Bool) {
      self.file = file
      self.address = address
      self.isExecutable = isExecutable
    }
  }

  /// `EM_ARM`, whose symbols of Thumb code are odd.
  package static let machineARM: UInt16 = 40
  /// `EM_X86_64`
  package static let machineX86: UInt16 = 62
  /// `EM_AARCH64`
  package static let machineARM64: UInt16 = 183
  private static let typeLoad: UInt64 = 1
  private static let typeNote: UInt64 = 4
  private static let executable: UInt64 = 1

  /// `EM_…`
  package let machine: UInt16
  package let segments: [Segment]
  /// Lower-case hex; nil without one in these bytes.
  package let buildID: String?

  /// - Parameter bytes: the file's beginning; its program headers have to be in it.
  /// - Throws: ``MalformedError``.
  package init(_ bytes: Data) throws(MalformedError) {
    let bytes = bytes.startIndex == 0 ? bytes : Data(bytes)
    guard bytes.count >= 52, bytes.starts(with: ELFReader.magic) else {
      throw MalformedError(reason: "not an ELF file")
    }
    guard bytes[5] == 1, let layout = Layout(rawValue: bytes[4]) else {
      throw MalformedError(reason: "not a little-endian ELF file of 32 or 64 bits")
    }
    machine = UInt16(try ELFReader.integer(bytes, at: 18, size: 2))
    let table = try ELFReader.integer(bytes, at: layout.segmentsOffset, size: layout.word)
    let size = Int(try ELFReader.integer(bytes, at: layout.segmentSizeOffset, size: 2))
    let count = Int(try ELFReader.integer(bytes, at: layout.segmentSizeOffset + 2, size: 2))
    guard table <= UInt64(bytes.count), size >= (layout == .bits64 ? 56 : 32) || count == 0,
      count * size <= bytes.count - Int(table)
    else { throw MalformedError(reason: "the table of segments is not in the first bytes") }
    var segments: [Segment] = []
    var found: String?
    for base in (0..<count).map({ Int(table) + $0 * size }) {
      let fields = layout.segment
      let type = try ELFReader.integer(bytes, at: base, size: 4)
      let offset = try ELFReader.integer(bytes, at: base + fields.offset, size: layout.word)
      let length = try ELFReader.integer(bytes, at: base + fields.size, size: layout.word)
      let end = offset.addingReportingOverflow(length)
      guard !end.overflow else { throw MalformedError(reason: "a segment leaves the file") }
      if type == Self.typeLoad {
        segments.append(
          Segment(
            file: offset..<end.partialValue,
            address: try ELFReader.integer(bytes, at: base + fields.address, size: layout.word),
            isExecutable: try ELFReader.integer(bytes, at: base + fields.flags, size: 4)
              & Self.executable != 0))
      } else if type == Self.typeNote, found == nil, end.partialValue <= UInt64(bytes.count) {
        found = BuildIDNote.find(inNotes: [UInt8](bytes[Int(offset)..<Int(end.partialValue)]))
      }
    }
    self.segments = segments
    buildID = found
  }

  /// The address of a byte of the file; nil where it is not mapped.
  package func address(ofOffset offset: UInt64) -> UInt64? {
    // The code's own, where a page holds the ends of two.
    let holding = segments.filter { $0.file.contains(offset) }
    return (holding.first(where: \.isExecutable) ?? holding.first).map {
      $0.address &+ (offset - $0.file.lowerBound)
    }
  }

  /// The byte of the file that is mapped to an address; nil for what is not in the file.
  package func offset(ofAddress address: UInt64) -> UInt64? {
    let holding = segments.filter {
      address >= $0.address && address - $0.address < $0.file.upperBound - $0.file.lowerBound
    }
    return (holding.first(where: \.isExecutable) ?? holding.first).map {
      $0.file.lowerBound + (address - $0.address)
    }
  }
}
