import Testing

@testable import Reporting

/// Cells, what is sent of them, and keys.
@Suite struct ScreenTests {
  @Test(arguments: [
    ("a", 1), ("ä", 1), ("a\u{301}", 1), ("中", 2), ("한", 2), ("😀", 2), ("✔\u{FE0F}", 2),
    ("│", 1), ("█", 1), ("\u{200b}", 0),
  ])
  func charactersTakeTheirColumns(text: String, columns: Int) {
    #expect(CharacterWidth.columns(of: text) == columns)
  }

  @Test func textIsCutInTheMiddleByColumns() {
    #expect(fitted("block.device", columns: 12) == "block.device")
    #expect(fitted("block.device", columns: 7) == "blo…ice")
    // Half a wide character is none.
    #expect(fitted("中中中中", columns: 6) == "中…中")
    #expect(fitted("中中", columns: 1) == "")
  }

  @Test func nothingLeavesARow() {
    var canvas = ScreenCanvas(width: 5, height: 2)
    canvas.put("abcdefgh", row: 0, column: 2)
    canvas.put("中中中", row: 1, column: 0)
    canvas.put("x", row: 2, column: 0)
    canvas.put("\u{1b}[2J", row: 0, column: 0, limit: 2)
    #expect(canvas.lines == ["␛[abc", "中中"])
  }

  @Test func onlyWhatDiffersIsSent() {
    var before = ScreenCanvas(width: 20, height: 2)
    before.put("rate 100", row: 0, column: 0)
    before.put("p50", row: 1, column: 0, .strong)
    var after = before
    after.put("200", row: 0, column: 5, .bar)
    #expect(ScreenUpdate.text(from: before, to: before, .colour) == "")
    #expect(
      ScreenUpdate.text(from: before, to: after, .colour)
        == "\u{1b}[1;6H\u{1b}[0;38;5;75m200\u{1b}[0m")
    #expect(
      ScreenUpdate.text(from: before, to: after, .monochrome) == "\u{1b}[1;6H\u{1b}[0m200\u{1b}[0m")
    // Another size begins anew.
    #expect(
      ScreenUpdate.text(from: ScreenCanvas(width: 9, height: 2), to: before, .colour)
        .hasPrefix("\u{1b}[0m\u{1b}[2J\u{1b}[1;1Hrate 100"))
  }

  @Test func aWideCharacterIsReplacedWhole() {
    var before = ScreenCanvas(width: 8, height: 1)
    before.put("a中b", row: 0, column: 0)
    var after = ScreenCanvas(width: 8, height: 1)
    after.put("a xb", row: 0, column: 0)
    #expect(ScreenUpdate.text(from: before, to: after, .monochrome) == "\u{1b}[1;2H x")
    #expect(ScreenUpdate.text(from: after, to: before, .monochrome) == "\u{1b}[1;2H中")
  }

  @Test func keysMayComeInPieces() {
    var reader = ScreenKeyReader()
    #expect(
      reader.take(Array("q\u{1b}[A\u{1b}OBä".utf8)) == [
        .character("q"), .up, .down, .character("ä"),
      ])
    #expect(reader.take([0x1b]) == [])
    #expect(reader.take(Array("[".utf8)) == [])
    #expect(reader.take(Array("5~\u{1b}[6~".utf8)) == [.pageUp, .pageDown])
    // Unknown keys are none; a lone escape is one once nothing follows.
    #expect(reader.take(Array("\u{1b}[15~\u{1}x".utf8)) == [.character("x")])
    #expect(reader.take([0x1b]) == [] && reader.settle() == [.escape] && reader.settle() == [])
    #expect(reader.take(Array("\u{1b}q".utf8)) == [.escape, .character("q")])
  }

  @Test func levelsAreDistinguishedWithoutColour() {
    for glyphs in [ScreenGlyphs.unicode, .ascii] {
      #expect(glyphs.heat.count == ScreenStyle.heatLevels)
      #expect(Set(glyphs.heat).count >= 5)
      #expect(![glyphs.full, glyphs.ghostEnd].contains(glyphs.ghost))
    }
    let colours = Set(
      (1...ScreenStyle.heatLevels).map { ScreenPalette.colour.parameters(of: .heat($0)) })
    #expect(colours.count == ScreenStyle.heatLevels)
    #expect(ScreenPalette.monochrome.parameters(of: .heat(8)) == "")
  }
}
