import CAgentABI
import Catalogs
import KernelTypes
import Testing

@testable import ProbePrograms
@testable import Symbols

/// Where prepared programs find arguments that each location of a USDT probe has in another place.
struct LocationTableTests {
  private static let manifest = """
      - metric: x.made
        help: h
        unit: events
        kind: counter
        at:
          - usdt: "app:split"
            file: /usr/bin/app
            fields: {arg0: arg0, arg1: arg1, arg2: arg2}
            where: {arg1: "== -3"}
        by: [tid]
        key: [{field: arg0, size: 4}, {field: arg1, size: 4, kind: signed}]
    """

  /// The words of the configuration for a probe with these arguments at each of its locations.
  private static func words(_ locations: [(UInt64, [String])]) throws -> [UInt32] {
    let template = try #require(SpanTemplate(try TestManifest.parse(metrics: manifest)))
    let event = try #require(template.userEvents.first)
    let all = locations.map { address, arguments in
      USDTLocation(
        provider: "app", name: "split", address: address, semaphore: nil, arguments: arguments)
    }
    let probe = try #require(USDTProbe.all(all, machine: ELFHead.machineX86).first)
    let place = UserPlace(
      path: "/usr/bin/app", identity: [], sites: [], arguments: probe.arguments)
    let bytes = try template.configuration([:], .x86, nil, [event.hook: place])
    #expect(bytes.count == 2984)
    return stride(from: 0, to: bytes.count, by: 4).map { at in
      bytes[at..<at + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
  }

  /// In words, from the begin of `struct lg_side`.
  private static let (labels, tests, locations) = (12, 30, 110)
  private static let places = locations + 2 + Int(LG_TEMPLATE_LOCATIONS)

  @Test("as many locations are distinguished as the programs have room for")
  func room() {
    #expect(USDTPlaces.most == Int(LG_TEMPLATE_LOCATIONS))
  }

  @Test("what differs is in the table, what does not has its place alone")
  func table() throws {
    let words = try Self.words([
      (0x2_0040, ["4@%edi", "-4@%esi", "4@%eax"]),
      (0x1_0010, ["4@%edi", "-2@-8(%rbp)", "4@%ecx"]),
      (0x3_0020, ["4@%edi", "-4@$-3", "4@%edx"]),
    ])
    func of(_ start: Int, _ count: Int) -> [UInt32] { Array(words[start..<start + count]) }
    let located = [UInt32(LG_FROM_LOCATION_SIGNED), 1, 4]
    #expect(of(Self.labels, 6) == [UInt32(LG_FROM_CONTEXT), 112, 4] + located)
    #expect(of(Self.tests, 4) == located + [UInt32(LG_TEST_EQUAL)])
    // Compared with its sign.
    #expect(of(Self.tests + 8, 2) == [0xffff_fffd, 0xffff_ffff])
    #expect(of(Self.locations, 6) == [128, 0, 0x010, 0x020, 0x040, .max])
    #expect(of(Self.places - 1, 1) == [.max])
    let row = 3 * Int(LG_TEMPLATE_LOCATIONS)
    #expect(of(Self.places, row).allSatisfy { $0 == 0 })
    #expect(
      of(Self.places + row, 12) == [
        UInt32(LG_FROM_USER_SIGNED) | 8 << 8 | 32 << 16, UInt32(bitPattern: -8), 2,
        UInt32(LG_FROM_CONSTANT_SIGNED), UInt32(bitPattern: -3), 4,
        UInt32(LG_FROM_SIGNED), 104, 4, 0, 0, 0,
      ])
    #expect(
      of(Self.places + 2 * row, 9) == [
        UInt32(LG_FROM_CONTEXT), 88, 4, UInt32(LG_FROM_CONTEXT), 96, 4,
        UInt32(LG_FROM_CONTEXT), 80, 4,
      ])
    #expect(words[(Self.places + 3 * row)..<704].allSatisfy { $0 == 0 })
  }

  @Test("locations that agree leave the table empty")
  func agreeing() throws {
    let arguments = ["4@%edi", "-4@%esi", "4@%eax"]
    let words = try Self.words([(0x1_0010, arguments), (0x2_0040, arguments)])
    #expect(words[Self.locations] == 0 && words[Self.locations + 2] == .max)
    #expect(words[Self.places..<704].allSatisfy { $0 == 0 })
    #expect(Array(words[Self.labels + 3..<Self.labels + 6]) == [UInt32(LG_FROM_SIGNED), 104, 4])
  }

  @Test("an argument that cannot be read is named with the reason")
  func refused() {
    #expect(
      throws: SpanTemplate.MisfitError(
        description: "arg1 of app:split has 8 bytes without a sign at one location and a sign at "
          + "another: no number of 8 bytes holds both")
    ) {
      try Self.words([
        (0x10, ["4@%edi", "8@%rsi", "4@%eax"]), (0x20, ["4@%edi", "-4@%esi", "4@%eax"]),
      ])
    }
  }
}
