import KernelTypes
import Testing

@testable import Symbols

/// Code as LLVM prints it, of go1.19 and of C, for the three machines.
struct FunctionEndsTests {
  private static func ends(
    _ text: String, _ range: Range<UInt64>, machine: UInt16 = ELFHead.machineX86,
    parts: [Range<UInt64>] = []
  ) throws -> FunctionEnds {
    try FunctionEnds(CodeListing(text, machine: machine), of: range, parts: parts)
  }

  private static let goX86 = """

    deep.amd64:	file format elf64-x86-64

    0000000000482920 <main.deep>:
      482920:      	cmpq	16(%r14), %rsp
      482924:      	jbe	0x4829d6 <main.deep+0xb6>
      48292a:      	subq	$80, %rsp
      482944:      	lock
      482945:      	xaddq	%rdx, (%rbx)
      48294c:      	je	0x4829bc <main.deep+0x9c>
      4829aa:      	callq	0x482920 <main.deep>
      4829b7:      	addq	$80, %rsp
      4829bb:      	retq
      4829bc:      	movzbl	91(%rsp), %eax
      4829ca:      	retq
      4829d0:      	callq	0x45d360 <runtime.panicIndex>
      4829d5:      	nop
      4829d6:      	movq	%rax, 72(%rsp)
      4829e0:      	callq	0x45af00 <runtime.morestack_noctxt.abi0>
      4829e5:      	movq	72(%rsp), %rax
      4829ea:      	jmp	0x482920 <main.deep>
      4829ef:      	int3
    """

  @Test("a function of Go begins behind the check of its stack, where it would begin again")
  func goBegins() throws {
    let ends = try Self.ends(Self.goX86, 0x482920..<0x4829ef)
    #expect(ends.entry == 0x48292a)
    #expect(ends.returns == [0x4829bb, 0x4829ca])
    #expect(ends.tailCalls.isEmpty && ends.indirectJumps == 0)
  }

  @Test("large frames are checked twice, and the last check counts")
  func largeFrame() throws {
    let text = """
        1000:      	movq	%rsp, %r12
        1003:      	subq	$65536, %r12
        100a:      	jb	0x1100 <f+0x100>
        1010:      	cmpq	16(%r14), %r12
        1014:      	jbe	0x1100 <f+0x100>
        101a:      	subq	$65664, %rsp
        1030:      	testq	%rax, %rax
        1033:      	je	0x1040 <f+0x40>
        1040:      	retq
        1100:      	movq	%rax, 8(%rsp)
        1105:      	callq	0x45af00 <runtime.morestack_noctxt.abi0>
        110a:      	jmp	0x1000 <f>
      """
    #expect(try Self.ends(text, 0x1000..<0x110f).entry == 0x101a)
  }

  @Test("arm64 and arm begin and end by their own instructions")
  func otherMachines() throws {
    let arm64 = """
         90f30:      	ldr	x16, [x28, #16]
         90f34:      	cmp	sp, x16
         90f38:      	b.ls	0x91008 <main.deep+0xd8>
         90f3c:      	str	x30, [sp, #-96]!
         90f54:      	tbz	w2, #0, 0x90f70 <main.deep+0x40>
         90f6c:      	b	0x90f8c <main.deep+0x5c>
         90f70:      	orr	x2, xzr, #0x1
         90f8c:      	cbz	x0, 0x90fe8 <main.deep+0xb8>
         90fd4:      	bl	0x90f30 <main.deep>
         90fe4:      	ret
         90ff4:      	ret
         91008:      	str	x0, [sp, #72]
         91010:      	bl	0x6a210 <runtime.morestack_noctxt.abi0>
         91014:      	ldr	x0, [sp, #72]
         91018:      	b	0x90f30 <main.deep>
      """
    let wide = try Self.ends(arm64, 0x90f30..<0x91020, machine: ELFHead.machineARM64)
    #expect(wide.entry == 0x90f3c)
    #expect(wide.returns == [0x90fe4, 0x90ff4])
    let arm = """
         a2028:      	ldr	r1, [r10, #8]
         a2030:      	cmp	r2, r1
         a2034:      	bls	0xa20c8 <main.handle+0xa0> @ imm = #140
         a2038:      	str	lr, [sp, #-140]!
         a203c:      	ldr	r0, [pc, #148]          @ 0xa20d8 <main.handle+0xb0>
         a2054:      	bl	0x7b6c8 <sync/atomic.AddUint64> @ imm = #-158100
         a2068:      	bleq	0x7b6c8 <sync/atomic.AddUint64> @ imm = #-158100
         a206c:      	ble	0xa2064 <main.handle+0x3c> @ imm = #-16
         a2094:      	bic	r0, r0, #3
         a2098:      	ldr	pc, [sp], #140
         a209c:      	bxeq	lr
         a20a0:      	pop	{r4, pc}
         a20c8:      	mov	r3, lr
         a20cc:      	bl	0x774d8 <runtime.morestack_noctxt> @ imm = #-175100
         a20d0:      	b	0xa2028 <main.handle>   @ imm = #-176
         a20d8:      	popeq	{r4, pc}
      """
    let narrow = try Self.ends(arm, 0xa2028..<0xa20e8, machine: ELFHead.machineARM)
    #expect(narrow.entry == 0xa2038)
    // What is loaded from there is a constant, whatever it looks like.
    #expect(narrow.returns == [0xa2098, 0xa209c, 0xa20a0])
  }

  @Test("prefixes belong to the instruction behind them")
  func prefixes() throws {
    let text = """
        10:      	testl	%edi, %edi
        12:      	rep
        13:      	retq
        14:      	bnd retq
        16:      	notrack	jmpq	*%rax
      """
    let ends = try Self.ends(text, 0x10..<0x20)
    #expect(ends.returns == [0x12, 0x14])
    #expect(ends.indirectJumps == 1)
  }

  @Test("tail calls are ends, and said to be")
  func tailCalls() throws {
    let text = """
        1000:      	testl	%edi, %edi
        1002:      	je	0x100a <f+0xa>
        1004:      	jmp	0x2000 <g>
        100a:      	retq
      """
    let ends = try Self.ends(text, 0x1000..<0x100b)
    #expect(ends.returns == [0x1004, 0x100a])
    #expect(ends.tailCalls == [0x1004])
  }

  @Test("a part that the compiler put elsewhere belongs to the function")
  func coldPart() throws {
    let text = """
        1000:      	testl	%edi, %edi
        1002:      	je	0x3000 <f.cold>
        1004:      	retq
        3000:      	callq	0x2000 <g>
        3005:      	jmp	0x1004 <f+0x4>
        300a:      	retq
      """
    let range = UInt64(0x1000)..<0x1005
    let ends = try Self.ends(text, range, parts: [0x3000..<0x300b])
    #expect(ends.returns == [0x1004, 0x300a])
    #expect(throws: FunctionEnds.ObstacleError.self) { try Self.ends(text, range) }
  }

  @Test("what breakpoints would count wrongly is refused with the reason")
  func refused() throws {
    func reason(_ text: String) -> String {
      do throws(FunctionEnds.ObstacleError) {
        _ = try FunctionEnds(
          CodeListing(text, machine: ELFHead.machineX86), of: 0x1000..<0x1100)
        return "none"
      } catch { return error.description }
    }
    #expect(reason("1000:  \tincl %eax\n1002: \tjne\t0x1000 <f>\n1004:\tretq").contains("first"))
    #expect(reason("1000:  \tud2").contains("no instruction leaves it"))
    #expect(reason("1002:  \tretq").contains("cannot be read"))
    #expect(reason("").contains("cannot be read"))
    // The stack's growth is one way back; another one is a loop.
    let loop = Self.goX86 + "\n  4829c0:      jmp 0x482920 <main.deep>"
    #expect(throws: FunctionEnds.ObstacleError.self) { try Self.ends(loop, 0x482920..<0x4829ef) }
  }

  @Test("any text is read without a trap")
  func anyText() {
    let text = Array(Self.goX86)
    for start in stride(from: 0, to: text.count, by: 7) {
      for machine in [ELFHead.machineX86, ELFHead.machineARM, ELFHead.machineARM64] {
        let cut = CodeListing(String(text[start...]), machine: machine)
        _ = try? FunctionEnds(cut, of: 0x482920..<0x4829ef)
      }
    }
    // Names of symbols are in it as they are, ends of lines too.
    for odd in [". x", "..", ":", "482924:", "482924: \t.\t<>", "0: >x<", "f: \t,\t@ 0x"] {
      for machine in [ELFHead.machineX86, ELFHead.machineARM, ELFHead.machineARM64] {
        #expect(CodeListing("10: \(odd)", machine: machine).instructions.count <= 1)
      }
    }
  }
}
