import RunRecords
import Testing

@Suite struct MetricIDTests {
  @Test func textIsStable() {
    let id = MetricID(
      name: "block.device", phase: "write", labels: ["op": "write", "dev": "vdb"], rung: "tp_btf")
    #expect(id.text == "block.device{dev=vdb,op=write}@write")
    #expect("\(id)" == id.text)
    #expect(id.probe == "block")
    #expect(MetricID(name: "start", phase: "").text == "start")
  }

  @Test func partsCannotForgeOthers() {
    let id = MetricID(name: "a", phase: "p@q", labels: ["k": "v,x=1}\n%"])
    #expect(id.text == "a{k=v%2Cx%3D1%7D%0A%25}@p%40q")
  }

  @Test func orderIsByTextThenQualifiers() {
    let ids = [
      MetricID(name: "b", phase: "w"), MetricID(name: "a", phase: "w", rung: "tp_btf"),
      MetricID(name: "a", phase: "w", rung: "kprobe"), MetricID(name: "a", phase: "r"),
    ]
    #expect(ids.sorted() == [ids[3], ids[2], ids[1], ids[0]])
  }
}
