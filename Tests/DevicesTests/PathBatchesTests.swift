import Testing

@testable import Devices

@Suite struct PathBatchesTests {
  @Test func everyPathIsInOneBatchThatFits() {
    let paths = (0..<300).map { number in
      "/data/local/tmp/some directory/" + String(repeating: "x", count: number) + "\(number)"
    }
    let batches = Array(PathBatches(paths))
    #expect(
      batches.map(\.words).joined(separator: " ") == paths.map(shellQuote).joined(separator: " "))
    #expect(batches.allSatisfy { $0.words.utf8.count <= 3500 })
    #expect(batches.count > 1 && batches.first?.first == paths.first)
  }

  @Test func aLongPathStandsAlone() {
    let long = String(repeating: "y", count: 4000)
    #expect(Array(PathBatches(["a", long, "b"])).map(\.words) == ["a", long, "b"])
    #expect(Array(PathBatches([])).isEmpty)
  }
}
