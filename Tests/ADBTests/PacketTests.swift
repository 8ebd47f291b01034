import Testing

@testable import ADB

@Suite struct PacketTests {
  @Test func headerIsWrittenAsTheProtocolHasIt() {
    let packet = ADBPacket(.connect, 0x0100_0001, 0x10_0000, payload: [1, 2, 255])
    #expect(
      packet.header.bytes == [
        0x43, 0x4e, 0x58, 0x4e, 1, 0, 0, 1, 0, 0, 0x10, 0, 3, 0, 0, 0, 0x02, 0x01, 0, 0,
        0xbc, 0xb1, 0xa7, 0xb1,
      ])
  }

  @Test func streamPacketsCarryNoSum() {
    #expect(ADBPacket(.write, 1, 2, payload: [9]).header.check == 0)
  }

  @Test func headerIsReadBack() throws {
    let header = ADBPacket(.write, 7, 9, payload: [1]).header
    #expect(try ADBPacketHeader(header.bytes, limit: 1) == header)
  }

  @Test func wrongMagicAndOversizeEndTheConnection() {
    var bytes = ADBPacket(.write, 7, 9, payload: [1, 2]).header.bytes
    #expect(
      throws: ADBError.malformed(
        service: "adb", detail: "a payload of 2 bytes, where 1 were agreed on")
    ) { try ADBPacketHeader(bytes, limit: 1) }
    bytes[20] ^= 1
    #expect(throws: ADBError.self) { try ADBPacketHeader(bytes, limit: 1 << 20) }
    #expect(throws: ADBError.self) { try ADBPacketHeader(bytes.dropLast(), limit: 1 << 20) }
  }

  @Test func bannersOfAllAgesAreUnderstood() {
    let banner = ADBBanner(
      Array("device::ro.product.name=a;x=y=z;;ro.product.model=B C;features=cmd,shell_v2".utf8))
    #expect(
      banner
        == ADBBanner(
          state: .device, properties: ["ro.product.name": "a", "ro.product.model": "B C"],
          features: ["cmd", "shell_v2"]))
    let old = ADBBanner(Array("bootloader::ro.product.name=a;".utf8) + [0])
    #expect(old.state == .bootloader)
    #expect(old.features.isEmpty)
    #expect(ADBBanner([]).state == .other(""))
  }
}
