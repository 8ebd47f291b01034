import KernelTypes
import Testing

@testable import Symbols

/// Arguments of USDT probes that each location has in another place.
struct USDTPlacesTests {
  /// The only argument of a probe with a location for each address and operand.
  private static func argument(_ locations: [(UInt64, String)]) throws -> USDTProbe.Argument {
    let all = locations.map { address, operand in
      USDTLocation(
        provider: "app", name: "split", address: address, semaphore: nil, arguments: [operand])
    }
    let probe = try #require(USDTProbe.all(all, machine: ELFHead.machineX86).first)
    return try #require(probe.arguments.first)
  }

  private static func argument(_ operands: [String]) throws -> USDTProbe.Argument {
    try argument(operands.enumerated().map { (UInt64(0x1000 + 16 * $0.offset), $0.element) })
  }

  /// Why it cannot be read; empty where it can.
  private static func reason(_ argument: USDTProbe.Argument) -> String {
    if case .objection(let reason) = argument { reason } else { "" }
  }

  @Test("places are known by where in their pages the locations are, in that order")
  func offsets() throws {
    let argument = try Self.argument([
      (0x4_5ff0, "-4@%edi"), (0x2_0010, "-4@-20(%rbp)"), (0x7_3800, "-4@$3"),
      // The same place at the same offset is one.
      (0x9_0010, "-4@-20(%rbp)"),
    ])
    guard case .places(let found) = argument else {
      Issue.record("\(argument)")
      return
    }
    #expect(found.places.map(\.pageOffset) == [0x010, 0x800, 0xff0])
    #expect(
      found.places.map(\.operand.source) == [
        .memory(base: "rbp", offset: -20), .constant(3), .register("rdi"),
      ])
    #expect(found.size == 4 && found.isSigned)
  }

  @Test("locations that agree have one place, however many they are")
  func agreeing() throws {
    let edi = try #require(USDTOperand("-4@%edi", machine: ELFHead.machineX86))
    for operands in [
      ["-4@%edi"], Array(repeating: "-4@%edi", count: 100), ["-4@%edi", "-4@%rdi"],
    ] {
      #expect(try Self.argument(operands) == .place(edi), "\(operands)")
    }
  }

  @Test(
    "a number holds what every location has",
    arguments: [
      (["-4@%edi", "-4@8(%rsp)"], 4, true), (["2@%di", "2@%si"], 2, false),
      (["1@%dil", "4@8(%rsp)"], 4, false), (["-1@%dil", "-8@%rsi"], 8, true),
      // Without a sign a number takes more bytes to have one.
      (["4@%edi", "-4@%esi"], 8, true), (["1@%dil", "-1@%sil"], 2, true),
      // Constants are what they are.
      (["-4@$0", "8@%rdi"], 8, false), (["-4@$1", "-4@$2"], 4, true),
      (["-8@$0", "-4@%edi"], 8, true), (["4@$1", "-4@%edi"], 4, true),
      (["4@$4294967295", "-4@%edi"], 8, true), (["8@$7", "-8@%rdi"], 8, true),
      (["1@$200", "-1@%dil"], 2, true),
    ])
  func types(_ operands: [String], _ size: Int, _ isSigned: Bool) throws {
    let argument = try Self.argument(operands)
    guard case .places(let found) = argument else {
      Issue.record("\(argument)")
      return
    }
    #expect(found.size == size && found.isSigned == isSigned)
  }

  @Test("sizes and signs that no number holds are refused")
  func unheld() throws {
    for operands in [["8@%rdi", "-4@%esi"], ["8@%rdi", "-8@%rdi"], ["8@%rdi", "-4@$-1"]] {
      let reason = try Self.reason(Self.argument(operands))
      #expect(reason.contains("no number of 8 bytes holds both"), "\(operands)")
    }
  }

  @Test("locations that look the same are refused")
  func collision() throws {
    let reason = try Self.reason(
      Self.argument([(0x1010, "4@%edi"), (0x1020, "4@%edi"), (0x3010, "4@%esi")]))
    #expect(reason.contains("the locations 0x1010 and 0x3010"))
  }

  @Test("as many locations as a program distinguishes are taken, and no more")
  func count() throws {
    let operands = (0..<USDTPlaces.most).map { "4@\($0)(%rsp)" }
    guard case .places(let most) = try Self.argument(operands) else {
      Issue.record("they are not taken")
      return
    }
    #expect(most.places.count == USDTPlaces.most)
    let reason = try Self.reason(Self.argument(operands + ["4@%edi"]))
    #expect(reason.contains("at 17 locations, and at most 16"))
  }

  @Test("one place that is not read spoils the argument")
  func unreadable() throws {
    let reason = try Self.reason(Self.argument(["4@%edi", "4@counter(%rip)", "4@%esi"]))
    #expect(reason.contains("is '4@counter(%rip)', which is no integer"))
  }
}
