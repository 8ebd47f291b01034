import CAgentABI
import KernelTypes
import Symbols
import Testing

@testable import ProbePrograms

/// Where prepared programs read arguments of USDT probes.
struct UserPlaceTests {
  private static func place(
    _ text: String, _ machine: UInt16, _ registers: RegisterPlaces
  ) throws -> Place? {
    Place(try #require(USDTOperand(text, machine: machine)), registers)
  }

  @Test("registers are where struct pt_regs of the machine has them")
  func registers() throws {
    // Name, and bytes from the begin of the registers.
    for (name, offset) in [
      ("%r15", 0), ("%rbp", 32), ("%ebx", 40), ("%r8", 72), ("%al", 80), ("%rcx", 88), ("%edx", 96),
      ("%rsi", 104), ("%edi", 112), ("%rsp", 152),
    ] {
      let place = try #require(try Self.place("4@\(name)", ELFHead.machineX86, .x86))
      #expect(place.offset == UInt32(offset) && place.from == UInt32(LG_FROM_CONTEXT), "\(name)")
      #expect(place.size == 4)
    }
    for (name, offset) in [("x0", 0), ("w19", 152), ("x30", 240), ("sp", 248)] {
      let place = try #require(try Self.place("-4@\(name)", ELFHead.machineARM64, .arm64))
      #expect(place.offset == UInt32(offset) && place.from == UInt32(LG_FROM_SIGNED), "\(name)")
    }
    for (name, offset) in [("r0", 0), ("fp", 44), ("sp", 52), ("lr", 56)] {
      let place = try #require(try Self.place("2@\(name)", ELFHead.machineARM, .arm))
      #expect(place.offset == UInt32(offset) && place.size == 2, "\(name)")
    }
    // Go's arguments are elsewhere, its registers are not.
    #expect(RegisterPlaces.x86.ofGo.place(of: "rdi") == 112)
    #expect(RegisterPlaces.x86.place(of: "x0") == nil)
    #expect(RegisterPlaces.arm64.place(of: "x31") == nil)
    #expect(RegisterPlaces.arm64.place(of: "r0") == nil)
  }

  @Test("memory is named by its register, and constants by themselves")
  func others() throws {
    let memory = try #require(try Self.place("-8@-16(%rbp)", ELFHead.machineX86, .x86))
    #expect(memory.from == UInt32(LG_FROM_USER_SIGNED) | 8 << 8 | 32 << 16)
    #expect(memory.offset == UInt32(bitPattern: -16) && memory.size == 8)
    let narrow = try #require(try Self.place("4@[sp, #12]", ELFHead.machineARM, .arm))
    #expect(narrow.from == UInt32(LG_FROM_USER) | 4 << 8 | 52 << 16 && narrow.offset == 12)
    let wide = try #require(try Self.place("1@[x29, 8]", ELFHead.machineARM64, .arm64))
    #expect(wide.from == UInt32(LG_FROM_USER) | 8 << 8 | 232 << 16 && wide.size == 1)
    let constant = try #require(try Self.place("-4@$-2", ELFHead.machineX86, .x86))
    #expect(constant.from == UInt32(LG_FROM_CONSTANT_SIGNED))
    #expect(constant.offset == UInt32(bitPattern: -2) && constant.size == 4)
    #expect(try Self.place("4@$4294967295", ELFHead.machineX86, .x86)?.offset == .max)
  }

  @Test("numbers below 0 are compared as they are, where the place has a sign")
  func cut() throws {
    let negative = UInt64(bitPattern: -3)
    for (text, value) in [
      ("-4@%eax", negative), ("-4@8(%rsp)", negative), ("-4@$1", negative), ("8@%rax", negative),
      ("4@%eax", 0xffff_fffd), ("2@8(%rsp)", 0xfffd), ("1@$1", 0xfd),
    ] {
      let place = try #require(try Self.place(text, ELFHead.machineX86, .x86))
      #expect(place.cut(negative) == value, "\(text)")
    }
    #expect(Place(from: LG_FROM_LOCATION_SIGNED, size: 4).cut(negative) == negative)
    #expect(Place(from: LG_FROM_LOCATION, size: 4).cut(negative) == 0xffff_fffd)
  }
}
