import KernelEvents
import Testing

struct EventFormatTests {
  private static let softirq = """
    name: softirq_entry
    ID: 223
    format:
    	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
    	field:int common_pid;	offset:4;	size:4;	signed:1;

    	field:unsigned int vec;	offset:8;	size:4;	signed:0;
    	field:char comm[16];	offset:12;	size:16;	signed:0;
    	field:__data_loc char[] cmd;	offset:28;	size:4;	signed:0;
    	field:unsigned long args[6];	offset:32;	size:48;	signed:0;
    	field:void * ptr;	offset:80;	size:8;	signed:0;
    	field:long long ret;	offset:88;	size:8;	signed:1;

    print fmt: "vec=%u [action=%s]", REC->vec, __print_symbolic(REC->vec, { 0, "HI" }, { 0x8, "HRTIMER" }, { (1 << 4), "left out" })
    """

  @Test("fields come with place, size, sign and shape; the common ones are left out")
  func fields() throws {
    let format = try #require(EventFormat(Self.softirq))
    #expect(format.name == "softirq_entry")
    #expect(format.fields.map(\.name) == ["vec", "comm", "cmd", "args", "ptr", "ret"])
    #expect(format.fields.map(\.shape) == [.number, .text, .other, .other, .number, .number])
    #expect(format.fields.map(\.offset) == [8, 12, 28, 32, 80, 88])
    #expect(format.field("ret")?.isSigned == true)
    #expect(format.field("ret")?.type == "long long")
    #expect(format.field("vec")?.type == "unsigned int")
  }

  @Test("text whose length the event says is none of the record: nothing is held against it")
  func textWithoutBytes() throws {
    let format = try #require(
      EventFormat(
        """
        name: print
        format:
        	field:unsigned long ip;	offset:8;	size:8;	signed:0;
        	field:char buf[];	offset:16;	size:0;	signed:0;
        """))
    #expect(format.fields.map(\.shape) == [.number, .other])
  }

  @Test("names of numbers are those that the kernel prints for the plain field")
  func names() throws {
    let format = try #require(EventFormat(Self.softirq))
    #expect(format.names == ["vec": [0: "HI", 8: "HRTIMER"]])
  }

  @Test(
    "any text is read without a trap",
    arguments: [
      "", "name: ", "field:", "name: x\nfield:;offset:;size:;",
      "name: x\nfield:a b;offset:-1;size:4",
      "name: x\nfield:a b;offset:99999999999999999999;size:4",
      "name: x\nprint fmt: __print_symbolic(REC->",
      "name: x\nprint fmt: __print_symbolic(REC->a, {",
    ])
  func hostile(text: String) {
    #expect(EventFormat(text)?.fields.isEmpty != false)
  }

  @Test("a text cut off anywhere gives what is whole")
  func cut() {
    for length in 0...Self.softirq.count {
      let fields = EventFormat(String(Self.softirq.prefix(length)))?.fields.count ?? 0
      #expect(fields <= 6)
    }
  }
}
