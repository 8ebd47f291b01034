import Testing

@testable import Experiments

/// Ends of logs of the kernel's verifier, as the agent gives them.
struct VerifierLogTests {
  private static let recent = """
    (57 lines before this)
    ; u64 *at = bpf_map_lookup_elem(&h_x, &key); @ mine.bpf.c:11
    8: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,map=h_x,ks=4,vs=8)
    ; *at += 1; @ mine.bpf.c:12
    9: (79) r1 = *(u64 *)(r0 +0)
    R0 invalid mem access 'map_value_or_null'
    """

  @Test("what is wrong stands beside its source and its instruction")
  func recent() throws {
    let log = try #require(VerifierLog(Self.recent))
    #expect(log.message == "R0 invalid mem access 'map_value_or_null'")
    #expect(log.source == "*at += 1;")
    #expect(log.place == "mine.bpf.c:12")
    #expect(log.instruction == "9: (79) r1 = *(u64 *)(r0 +0)")
    // 57 that did not come, and two of those that did.
    #expect(log.omitted == 59)
  }

  @Test("kernels that name no line leave it to be found in the source")
  func older() throws {
    let log = try #require(
      VerifierLog(
        """
        ; for (int i = 0; i < n; i++)
        from 13 to 9: R0=invP0 R10=fp0
        13: (15) if r1 == 0x0 goto pc+1
         R0=invP0 R1=inv(id=0) R10=fp0
        14: (05) goto pc-6
        back-edge from insn 14 to 9
        """))
    #expect(log.message == "back-edge from insn 14 to 9")
    #expect(log.source == "for (int i = 0; i < n; i++)")
    #expect(log.place == nil)
    #expect(log.instruction == "14: (05) goto pc-6")
    #expect(log.omitted == 3)
    let text = "int f(int n)\n{\n\tfor (int i = 0; i < n; i++)\n\t\tg();\n}\n"
    #expect(log.line(in: text)?.number == 3)
    #expect(log.line(in: "int f(void);\n")?.number == nil)
  }

  @Test("a line without its text is taken from the source")
  func bare() throws {
    let log = try #require(
      VerifierLog("; @ a/mine.bpf.c:2\n0: (79) r1 = *(u64 *)(r0 +0)\nR0 is bad"))
    #expect(log.source == nil && log.place == "mine.bpf.c:2")
    let text = "int a;\n\tint b;\n"
    #expect(log.line(in: text)?.number == 2)
    #expect(log.line(in: text)?.text == "int b;")
    #expect(log.line(in: "int a;")?.number == nil)
  }

  @Test("a log that says nothing is none", arguments: ["", "\n", "; a\n0: (95) exit", "R1=ctx()"])
  func empty(text: String) {
    #expect(VerifierLog(text) == nil)
  }
}
