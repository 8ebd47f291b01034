import Testing

@testable import Campaigns

@Suite("Canonical JSON")
struct CanonicalValueTests {
  @Test("There is one way to write a value")
  func oneWay() throws {
    let value = try CanonicalValue(
      json: Array(#" { "b" : [1, -20,true ,null], "a":{"\u00e9":"\"\\\n"} , "B":"" } "#.utf8))
    #expect(
      String(decoding: value.canonical, as: UTF8.self)
        == "{\"B\":\"\",\"a\":{\"é\":\"\\\"\\\\\n\"},\"b\":[1,-20,true,null]}")
  }

  @Test(
    "What has two readings is refused",
    arguments: [
      "", "{", "[1,]", "{\"a\":1,\"a\":2}", "1.0", "1e3", "01", "-0", "+1", "nul", "[1] 2",
      "\"\u{1}\"",
      "\"\\x\"", "\"\\ud800\"", "\"\\u+123\"", "9223372036854775808", "{\"a\" 1}", "{1:2}", "\"a",
    ])
  func refused(_ text: String) {
    #expect {
      try CanonicalValue(json: Array(text.utf8))
    } throws: { error in
      if case .malformed = error as? MetadataError { true } else { false }
    }
  }

  @Test("Bytes that are no UTF-8 are refused")
  func notText() {
    #expect(throws: MetadataError.self) { try CanonicalValue(json: [0x22, 0xff, 0x22]) }
  }

  @Test("Whatever is read and written is the same when read again")
  func again() throws {
    let bytes = TestRepository.campaign().bytes
    #expect(try CanonicalValue(json: bytes).canonical == bytes)
    for cut in 0..<bytes.count {
      #expect(throws: MetadataError.self) { try CanonicalValue(json: Array(bytes.prefix(cut))) }
    }
  }

  @Test("Times have one form")
  func times() throws {
    let time = try #require(MetadataTime("2030-01-31T23:59:59Z"))
    #expect(time.description == "2030-01-31T23:59:59Z")
    #expect(time.seconds == 1_896_134_399)
    for text in ["2030-01-31", "2030-01-31T23:59:59+00:00", "2030-02-31T00:00:00Z", "now"] {
      #expect(MetadataTime(text) == nil)
    }
  }
}
