import Testing

@testable import Symbols

struct SymbolTableTests {
  private let table = SymbolTable([
    ("outer", 0x100, 0x100), ("inner", 0x120, 0x10), ("alias", 0x100, 0x100),
    ("open", 0x300, 0), ("small", 0x400, 8),
  ])

  @Test(
    arguments: [
      (0x100, "outer+0x0"), (0x120, "inner+0x0"), (0x12f, "inner+0xf"),
      // Behind what lies inside, and in the function around it.
      (0x130, "outer+0x30"), (0x1ff, "outer+0xff"), (0x3f0, "open+0xf0"), (0x407, "small+0x7"),
    ] as [(UInt64, String)])
  func findsTheFunctionAround(address: UInt64, text: String) {
    #expect(table.place(of: address)?.text == text)
  }

  /// Nothing is known of what lies between functions.
  @Test(arguments: [0x0, 0xff, 0x200, 0x2ff, 0x408] as [UInt64])
  func gapsHaveNoName(address: UInt64) {
    #expect(table.place(of: address) == nil)
  }

  /// The first name of a place may be of less than the function: a label, or its first part.
  @Test func whatReachesFurtherCountsBehindTheFirstAlias() {
    let table = SymbolTable([
      ("label", 0x100, 0), ("start", 0x100, 8), ("whole", 0x100, 0x100), ("inner", 0x120, 0x10),
    ])
    #expect(table.place(of: 0x110)?.name == "label")
    #expect(table.place(of: 0x140)?.text == "whole+0x40")
    let parts = SymbolTable([("start", 0x100, 8), ("whole", 0x100, 0x100)])
    #expect(parts.place(of: 0x107)?.text == "start+0x7")
    #expect(parts.place(of: 0x108)?.text == "whole+0x8")
  }

  @Test func everyAddressOfManyIsFoundByItsOwn() {
    let many = SymbolTable((0..<1000).map { ("f\($0)", UInt64($0) * 16, 16) })
    for index in 0..<1000 {
      #expect(many.place(of: UInt64(index) * 16 + 15)?.name == "f\(index)")
    }
    #expect(many.place(of: 16_000) == nil)
  }
}
