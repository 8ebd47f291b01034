import Testing

@testable import Symbols

struct KernelSymbolsTests {
  private static let text = """
    ffffffff81000000 T _text
    ffffffff81000000 T _stext
    ffffffff81000100 t __pi_do_idle
    ffffffff81000100 t do_idle
    ffffffff81000200 D jiffies
    ffffffff81000300 W weak_one
    ffffffff81000400 t $x
    ffffffff81000500 T last
    ffffffffc0001000 t ext4_sync\t[ext4]
    ffffffffc0001080 t ext4_write\t[ext4]
    not a symbol
    ffffffff81000180 t inserted

    """

  private func place(_ address: UInt64) -> SymbolTable.Place? {
    guard case .table(let table) = KernelSymbols.read(Array(Self.text.utf8)) else { return nil }
    return table.place(of: address)
  }

  @Test(
    arguments: [
      (0xffff_ffff_8100_0000, "_text+0x0"),
      (0xffff_ffff_8100_00ff, "_text+0xff"),
      (0xffff_ffff_8100_0100, "do_idle+0x0"),
      (0xffff_ffff_8100_017f, "do_idle+0x7f"),
      (0xffff_ffff_8100_0180, "inserted+0x0"),
      // Data is no place where code runs, and neither is a compiler's mark.
      (0xffff_ffff_8100_0210, "inserted+0x90"),
      (0xffff_ffff_8100_0410, "weak_one+0x110"),
      (0xffff_ffff_c000_1004, "ext4_sync+0x4 [ext4]"),
      (0xffff_ffff_c000_1080, "ext4_write+0x0 [ext4]"),
    ] as [(UInt64, String)])
  func findsTheFunction(address: UInt64, text: String) {
    #expect(place(address)?.text == text)
  }

  @Test func nothingIsBelowTheFirst() {
    #expect(place(0x1000) == nil)
  }

  @Test func anUnprivilegedReaderSeesNoAddress() {
    let text = "0000000000000000 T _text\n0000000000000000 t do_idle\n"
    guard case .hidden = KernelSymbols.read(Array(text.utf8)) else {
      Issue.record("addresses of 0 were taken for a table")
      return
    }
  }

  @Test func aFileWithoutCodeIsEmpty() {
    for text in ["", "ffffffff81000200 D jiffies\n", "(null) T _text\n"] {
      guard case .empty = KernelSymbols.read(Array(text.utf8)) else {
        Issue.record("'\(text)' was taken for a table")
        return
      }
    }
  }

  /// 32 bits have short addresses.
  @Test func readsShortAddresses() {
    guard case .table(let table) = KernelSymbols.read(Array("c0008000 T stext".utf8)) else {
      Issue.record("no table")
      return
    }
    #expect(table.place(of: 0xc000_8004)?.text == "stext+0x4")
  }
}
