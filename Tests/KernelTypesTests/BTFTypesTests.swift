import KernelTypes
import Testing

@Suite struct BTFTypesTests {
  @Test func refusesEmptyBytes() {
    #expect(throws: Malformed(reason: "0 bytes are too few for BTF")) { try BTFTypes([]) }
  }
}
