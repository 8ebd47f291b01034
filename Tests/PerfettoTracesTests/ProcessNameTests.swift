import Testing

@testable import PerfettoTraces

@Suite struct ProcessNameTests {
  @Test func theFirstWordOfACommandLineIsTheName() throws {
    let words = ["/vendor/bin/fio", "--name=seqwrite", "/data/fio.job"]
    let several =
      Wire.field(1, 40) + Wire.field(2, 1) + words.flatMap { Wire.field(3, $0) }
    let single = Wire.field(1, 41) + Wire.field(2, 1) + Wire.field(3, "com.example.app")
    let trace = Wire.field(1, Wire.field(2, Wire.field(1, several) + Wire.field(1, single)))
    let index = try TraceIndex(trace, FoldMetrics())
    #expect(index.processes[40]?.name == "/vendor/bin/fio")
    #expect(index.processes[41]?.name == "com.example.app")
    #expect(index.processes[40]?.parent == 1)
  }
}
