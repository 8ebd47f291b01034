import KernelTypes
import Testing

@testable import Symbols

/// Notes made here, byte by byte.
struct USDTLocationTests {
  private static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
  }

  /// A note, padded to 4.
  private static func note(
    _ contents: [UInt8], name: String = "stapsdt\0", type: UInt64 = 3
  ) -> [UInt8] {
    func padded(_ bytes: [UInt8]) -> [UInt8] {
      bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
    }
    return bytes(UInt64(name.utf8.count), 4) + bytes(UInt64(contents.count), 4) + bytes(type, 4)
      + padded(Array(name.utf8)) + padded(contents)
  }

  private static func contents(
    _ address: UInt64, base: UInt64 = 0x2000, semaphore: UInt64 = 0, _ text: String, word: Int = 8
  ) -> [UInt8] {
    bytes(address, word) + bytes(base, word) + bytes(semaphore, word) + Array(text.utf8)
  }

  private static func reason(
    _ notes: [UInt8], word: Int = 8, base: UInt64? = 0x2000
  ) -> String {
    do throws(MalformedError) {
      return "\(try USDTLocation.all(inNotes: notes, word: word, base: base).count) locations"
    } catch { return error.reason }
  }

  @Test("locations have their names, places and operands")
  func locations() throws {
    let notes =
      Self.note(Self.contents(0x1180, semaphore: 0x4010, "app\0begin\0-4@%edi 8@-16(%rbp)\0"))
      + Self.note([1, 2, 3, 4, 5], name: "GNU\0")
      + Self.note(Self.contents(0, "other\0version\0\0"), type: 4)
      + Self.note(Self.contents(0x1190, "app\0end\0\0"))
    let found = try USDTLocation.all(inNotes: notes, word: 8, base: 0x2000)
    #expect(found.map(\.fullName) == ["app:begin", "app:end"])
    #expect(found[0].address == 0x1180 && found[0].semaphore == 0x4010)
    #expect(found[0].arguments == ["-4@%edi", "8@-16(%rbp)"])
    #expect(found[1].semaphore == nil && found[1].arguments.isEmpty)
  }

  @Test("a file that was moved since its notes were written moves them")
  func moved() throws {
    let notes = Self.note(Self.contents(0x1180, semaphore: 0x4010, "a\0b\0\0"))
    let found = try USDTLocation.all(inNotes: notes, word: 8, base: 0x1f00)
    #expect(found[0].address == 0x1080 && found[0].semaphore == 0x3f10)
    let plain = try USDTLocation.all(inNotes: notes, word: 8, base: nil)
    #expect(plain[0].address == 0x1180 && plain[0].semaphore == 0x4010)
    let narrow = Self.note(
      Self.contents(0x1_0000, base: 0x2_0000, semaphore: 0x3_0000, "a\0b\04@r0\0", word: 4))
    let found32 = try USDTLocation.all(inNotes: narrow, word: 4, base: 0x1_fff0)
    #expect(found32[0].address == 0xfff0 && found32[0].semaphore == 0x2_fff0)
    #expect(found32[0].arguments == ["4@r0"])
  }

  @Test("what is cut off or leaves its section is refused")
  func malformed() {
    let good = Self.note(Self.contents(0x1180, "app\0begin\0\0"))
    #expect(Self.reason(good) == "1 locations")
    #expect(Self.reason([]) == "0 locations")
    #expect(Self.reason(good + [0, 0, 0]) == "1 locations")
    #expect(Self.reason(Array(good.dropLast(4))).contains("leaves its section"))
    for text in ["app\0begin\0", "app\0begin", "app", "", "\0begin\0\0", "app\0\0\0"] {
      #expect(Self.reason(Self.note(Self.contents(1, text))).contains("is cut off"), "\(text)")
    }
    #expect(Self.reason(Self.note([1, 2, 3])).contains("is cut off"))
    // Sizes of 4 GiB.
    for at in [0, 4] {
      var huge = good
      huge.replaceSubrange(at..<at + 4, with: [0xff, 0xff, 0xff, 0xff])
      #expect(Self.reason(huge).contains("leaves its section"))
    }
  }

  @Test("any bytes are read without a trap")
  func anyBytes() {
    let good =
      Self.note(Self.contents(0x1180, semaphore: .max, "app\0begin\0-4@%edi\0"))
      + Self.note(Self.contents(.max, base: 1, "app\0end\0\0"))
    for index in good.indices {
      for pattern: UInt8 in [0xff, 0x80, 0x01] {
        var damaged = good
        damaged[index] ^= pattern
        for word in [4, 8] { _ = Self.reason(damaged, word: word, base: .max) }
      }
      _ = Self.reason(Array(good.prefix(index)))
    }
  }

  @Test("an argument is in one place, in several, or in one that is not read")
  func probes() throws {
    let notes =
      Self.note(Self.contents(0x10, "app\0begin\0-4@%edi 4@%esi 8f@%xmm0\0"))
      + Self.note(Self.contents(0x20, "app\0end\0\0"))
      + Self.note(Self.contents(0x30, "app\0begin\0-4@%edi 4@%ecx 8f@%xmm0 4@$1\0"))
    let probes = USDTProbe.all(
      try USDTLocation.all(inNotes: notes, word: 8, base: nil), machine: ELFHead.machineX86)
    #expect(probes.map(\.name) == ["app:begin", "app:end"])
    #expect(probes[0].locations.map(\.address) == [0x10, 0x30])
    #expect(probes[0].arguments.count == 3 && probes[1].arguments.isEmpty)
    guard case .place = probes[0].arguments[0],
      case .places(let differ) = probes[0].arguments[1],
      case .objection(let unknown) = probes[0].arguments[2]
    else {
      Issue.record("\(probes[0].arguments)")
      return
    }
    #expect(differ.places.map(\.pageOffset) == [0x10, 0x30])
    #expect(differ.places.map(\.operand.source) == [.register("rsi"), .register("rcx")])
    #expect(unknown.contains("'8f@%xmm0'"))
  }

  @Test("a location has an instruction that does nothing")
  func instructions() {
    #expect(USDTLocation.isInstruction([0x90, 0xc3], machine: ELFHead.machineX86))
    #expect(USDTLocation.isInstruction([0x0f, 0x1f, 0x44, 0, 0], machine: ELFHead.machineX86))
    #expect(!USDTLocation.isInstruction([0xc3], machine: ELFHead.machineX86))
    #expect(USDTLocation.isInstruction([0x1f, 0x20, 0x03, 0xd5], machine: ELFHead.machineARM64))
    #expect(!USDTLocation.isInstruction([0x1f, 0x20], machine: ELFHead.machineARM64))
    // Two of Thumb's.
    #expect(!USDTLocation.isInstruction([0, 0xbf, 0, 0xbf], machine: ELFHead.machineARM))
    #expect(USDTLocation.isInstruction([0, 0xf0, 0x20, 0xe3], machine: ELFHead.machineARM))
    #expect(!USDTLocation.isInstruction([0x90], machine: 8))
  }

  // MARK: operands

  @Test(
    "operands of the three machines",
    arguments: [
      ("-4@%edi", ELFHead.machineX86, 4, true, USDTOperand.Source.register("rdi")),
      ("8@%rax", ELFHead.machineX86, 8, false, .register("rax")),
      ("1@%sil", ELFHead.machineX86, 1, false, .register("rsi")),
      ("-2@%r9w", ELFHead.machineX86, 2, true, .register("r9")),
      ("8@-16(%rbp)", ELFHead.machineX86, 8, false, .memory(base: "rbp", offset: -16)),
      ("4@(%r12)", ELFHead.machineX86, 4, false, .memory(base: "r12", offset: 0)),
      ("4@$3", ELFHead.machineX86, 4, false, .constant(3)),
      ("-8@$-2", ELFHead.machineX86, 8, true, .constant(-2)),
      ("4@$4294967295", ELFHead.machineX86, 4, false, .constant(4_294_967_295)),
      ("-4@$-0x10", ELFHead.machineX86, 4, true, .constant(-16)),
      ("-4@[sp, 12]", ELFHead.machineARM64, 4, true, .memory(base: "sp", offset: 12)),
      ("8@[x29, -8]", ELFHead.machineARM64, 8, false, .memory(base: "x29", offset: -8)),
      ("8@x0", ELFHead.machineARM64, 8, false, .register("x0")),
      ("-4@w19", ELFHead.machineARM64, 4, true, .register("x19")),
      ("4@7", ELFHead.machineARM64, 4, false, .constant(7)),
      ("-4@r4", ELFHead.machineARM, 4, true, .register("r4")),
      ("4@[fp, #-8]", ELFHead.machineARM, 4, false, .memory(base: "r11", offset: -8)),
      ("8@[sp]", ELFHead.machineARM, 8, false, .memory(base: "r13", offset: 0)),
      ("4@#5", ELFHead.machineARM, 4, false, .constant(5)),
    ])
  func operands(
    _ text: String, _ machine: UInt16, _ size: Int, _ isSigned: Bool, _ source: USDTOperand.Source
  ) throws {
    let operand = try #require(USDTOperand(text, machine: machine))
    #expect(operand.size == size && operand.isSigned == isSigned && operand.source == source)
  }

  @Test(
    "other operands are refused",
    arguments: [
      ("8f@%xmm0", ELFHead.machineX86), ("4@%ah", ELFHead.machineX86),
      ("4@%rip", ELFHead.machineX86), ("8@8(%rax,%rbx,4)", ELFHead.machineX86),
      ("4@counter(%rip)", ELFHead.machineX86), ("4@8(%eax)", ELFHead.machineX86),
      ("16@%rax", ELFHead.machineX86), ("%rax", ELFHead.machineX86), ("@%rax", ELFHead.machineX86),
      ("8@", ELFHead.machineX86), ("", ELFHead.machineX86), ("8@$-1", ELFHead.machineX86),
      ("-8@$4294967295", ELFHead.machineX86), ("8@99999999999(%rax)", ELFHead.machineX86),
      ("4@x31", ELFHead.machineARM64), ("4@[x0, x1]", ELFHead.machineARM64),
      ("4@[w0, 4]", ELFHead.machineARM64), ("4@[sp, 4", ELFHead.machineARM64),
      ("4@[sp, 4, 8]", ELFHead.machineARM64), ("8@d0", ELFHead.machineARM64),
      ("4@x+1", ELFHead.machineARM64),
      ("8@r0", ELFHead.machineARM), ("4@pc", ELFHead.machineARM),
      ("4@[r0, r1]", ELFHead.machineARM),
      ("4@%eax", 8),
      // Numbers at the end of what 64 bits hold, and signs where none stands.
      ("-9223372036854775808@%edi", ELFHead.machineX86),
      ("-8@$-0x-8000000000000000", ELFHead.machineX86),
      ("-4@-0x-8000000000000000(%rax)", ELFHead.machineX86),
      ("4@0x+3", ELFHead.machineARM64), ("4@$0x", ELFHead.machineX86),
    ])
  func refused(_ text: String, _ machine: UInt16) {
    #expect(USDTOperand(text, machine: machine) == nil)
  }

  @Test("arguments are separated by spaces outside of brackets")
  func texts() {
    #expect(USDTOperand.texts("-4@[sp, 12] 8@x0  4@3 ") == ["-4@[sp, 12]", "8@x0", "4@3"])
    #expect(USDTOperand.texts("").isEmpty)
    #expect(USDTOperand.texts("4@) 4@%eax") == ["4@)", "4@%eax"])
  }
}
