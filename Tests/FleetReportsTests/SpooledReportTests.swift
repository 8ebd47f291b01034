import Testing

@testable import FleetReports

@Suite("A report in a device's spool")
struct SpooledReportTests {
  @Test("Its file is the one that the field agent reads")
  func bytes() throws {
    let id = try #require(ReportID(text: "000102030405060708090a0b0c0d0e0f"))
    let spooled = SpooledReport(number: 0x1a, created: 0x0102, id: id, report: [7, 8])
    #expect(spooled.fileName == "r000000000000001a")
    let file = spooled.fileBytes
    #expect(file.count == 50)
    #expect(Array(file[..<8]) == Array("LGSP".utf8) + [1, 0, 0, 0])
    #expect(Array(file[8..<28]) == [0x1a, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0])
    #expect(Array(file[28..<44]) == id.bytes && Array(file[48...]) == [7, 8])
    // zlib's crc32 of the 44 bytes before it and the two behind.
    #expect(Array(file[44..<48]) == [0x6d, 0x3b, 0x6c, 0xa4])
  }
}
