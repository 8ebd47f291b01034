import KernelTypes
import Testing

@Suite struct HexadecimalTests {
  @Test func digitsBecomeBytesAndBytesDigits() {
    #expect([UInt8](hexadecimal: "00fFa1") == [0, 255, 161])
    #expect([0, 255, 161 as UInt8].hexadecimal == "00ffa1")
    // Half a byte is none.
    #expect([UInt8](hexadecimal: "ab1") == [0xab])
  }

  @Test(arguments: ["", "0g", "a b", "é1", "0x10"])
  func otherTextHasNoBytes(_ text: String) {
    #expect([UInt8](hexadecimal: text).isEmpty)
  }
}
