/// A trace's bytes with nothing in them packed.
struct PlainTrace {
  /// What a trace may have at most, unpacked.
  static let limit = 1 << 30
  /// What one packet may: perfetto's own are smaller by far.
  static let packetLimit = 16 << 20

  /// Packets, one after the other and whole.
  private(set) var bytes: [UInt8]
  /// How the file differed from that, in words.
  private(set) var notes: [String] = []
  /// What of the file is not there, in words.
  private(set) var omissions: [String] = []
  /// What is wrong after the last whole packet; nil for a file that ends with one.
  private(set) var tear: PerfettoTraceError?

  /// Unpacks a file's bytes, which are not trusted.
  init(_ file: [UInt8]) throws(PerfettoTraceError) {
    bytes = file
    // A trace in a zip file is often compressed by itself.
    for _ in 0..<3 {
      guard let name = try unpackFile() else { break }
      notes.append("the trace was unpacked (\(name))")
    }
    if let foreign = ForeignFile.description(of: bytes) { throw .foreign(foreign) }
    try unpackPackets()
  }

  /// Unpacks what holds the whole file; nil when nothing does.
  private mutating func unpackFile() throws(PerfettoTraceError) -> String? {
    if bytes.starts(with: [0x1f, 0x8b]) { return try unpackFile(.gzip, "gzip") }
    if bytes.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) { return try unpackFile(.zstd, "zstd") }
    guard bytes.starts(with: [0x50, 0x4b, 3, 4]) else { return nil }
    guard let archive = ZipArchive(bytes) else {
      throw .foreign("this is a zip file without its directory. It may be cut off: copy it again.")
    }
    guard let entry = archive.entries.first, archive.entries.count == 1 else {
      let names = archive.entries.prefix(8).map(\.name).joined(separator: ", ")
      throw .foreign(
        "this is a zip file of \(archive.entries.count) files: unpack it and give one"
          + (names.isEmpty ? "" : " (\(names))"))
    }
    do throws(Expansion.ExpansionError) {
      guard let made = try archive.bytes(of: entry, limit: Self.limit) else {
        throw .damaged("packed by method \(entry.method), which is not common")
      }
      bytes = made
    } catch {
      throw Self.fault(error, "the zip file's \(entry.name)")
    }
    return "zip, \(entry.name)"
  }

  private mutating func unpackFile(
    _ way: Expansion, _ name: String
  ) throws(PerfettoTraceError) -> String {
    var output: [UInt8] = []
    do throws(Expansion.ExpansionError) {
      try way.append(bytes[...], to: &output, limit: Self.limit)
    } catch .cutOff where !output.isEmpty {
      omissions.append("the \(name) file is cut off: what is there was read")
    } catch {
      throw Self.fault(error, "the \(name) file")
    }
    bytes = output
    return name
  }

  /// Packets that hold packets give way to these.
  private mutating func unpackPackets() throws(PerfettoTraceError) {
    var reader = WireReader(bytes, 0..<bytes.count)
    /// Nil as long as nothing is packed.
    var output: [UInt8]?
    var packets = 0
    var end = 0
    while end < bytes.count {
      if packets & 0xfff == 0, Task.isCancelled { throw .interrupted }
      let begin = end
      var packed: (way: Expansion, range: Range<Int>)?
      do throws(PerfettoTraceError) {
        guard let field = try reader.next() else { break }
        guard field.number == 1, field.isBytes else {
          throw .malformed(offset: begin, problem: "field \(field.number) is no packet")
        }
        guard field.bytes.count <= Self.packetLimit else {
          throw .tooLarge("byte \(begin): a packet of \(field.bytes.count) bytes")
        }
        packed = try Self.packed(in: field.bytes, bytes)
      } catch .truncated(let offset) where packets > 0 && offset == begin {
        tear = .truncated(offset: begin)
        omissions.append(
          "the file ends inside the packet at byte \(begin): it was read up to there")
        break
      } catch let error {
        guard packets > 0, bytes[begin...].allSatisfy({ $0 == 0 }) else { throw error }
        tear = .truncated(offset: begin)
        omissions.append(
          "the file has nothing but zeros from byte \(begin) on: it was read up to there")
        break
      }
      packets += 1
      end = reader.at
      guard let packed else {
        output?.append(contentsOf: bytes[begin..<end])
        continue
      }
      var made = output ?? Array(bytes[..<begin])
      // Else all that is unpacked so far would be copied for every packet.
      output = nil
      do throws(Expansion.ExpansionError) {
        try packed.way.append(bytes[packed.range], to: &made, limit: Self.limit)
      } catch {
        throw Self.fault(error, "the compressed packet at byte \(begin)")
      }
      output = made
    }
    if let output {
      bytes = output
    } else if end < bytes.count {
      bytes.removeLast(bytes.count - end)
    }
  }

  /// The packets that a packet holds in packed form; nil for one that holds something else.
  private static func packed(
    in range: Range<Int>, _ bytes: [UInt8]
  ) throws(PerfettoTraceError) -> (Expansion, Range<Int>)? {
    var reader = WireReader(bytes, range)
    while let field = try reader.next() {
      switch field.number {
      case 50: return (.deflate, field.bytes)
      case 133: return (.zstd, field.bytes)
      default: break
      }
    }
    return nil
  }

  private static func fault(_ fault: Expansion.ExpansionError, _ what: String) -> PerfettoTraceError
  {
    switch fault {
    case .damaged(let problem): .foreign("\(what) cannot be unpacked: \(problem)")
    case .cutOff: .foreign("\(what) is cut off: copy the trace again")
    case .tooLarge: .tooLarge("\(what) unpacks to more than \(limit >> 30) GiB")
    }
  }
}
