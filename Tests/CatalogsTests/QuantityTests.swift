import RunRecords
import Testing

@testable import Catalogs

struct QuantityTests {
  @Test(arguments: [
    ("10ns", Duration.nanoseconds(10)), ("50us", .microseconds(50)), ("200ms", .milliseconds(200)),
    ("2s", .seconds(2)), ("1.5s", .milliseconds(1500)), ("5m", .seconds(300)),
    ("1h", .seconds(3600)), ("2 s", .seconds(2)), ("0s", .zero), ("30d", .seconds(30 * 86_400)),
  ])
  func durations(text: String, expected: Duration) {
    #expect(Duration(quantity: text) == expected)
  }

  @Test(arguments: ["", "5", "s", "-1s", "1.s", ".5s", "1e3s", "2 sec", "1s2s", "999999999h", "٣s"])
  func notDurations(text: String) {
    #expect(Duration(quantity: text) == nil)
  }

  @Test func sizes() {
    #expect(ByteSize("512B")?.bytes == 512)
    #expect(ByteSize("4KiB")?.bytes == 4096)
    #expect(ByteSize("1.5MiB")?.bytes == 1_572_864)
    #expect(ByteSize("1GiB")?.bytes == 1 << 30)
    #expect(ByteSize("4KB") == nil)
    #expect(ByteSize("99999999999999GiB") == nil)
  }

  @Test func shares() {
    #expect(Percentage("5%")?.fraction == 0.05)
    #expect(Percentage("0.1%")?.fraction == 0.001)
    #expect(Percentage("5") == nil)
    #expect(Temperature("45C")?.celsius == 45)
    #expect(Temperature("45F") == nil)
  }
}

struct CommandWordsTests {
  @Test func splitsAsAShellWould() throws {
    #expect(
      try commandWords(#"a  'b c' "d 'e'" f\ g '' h"i"j"#) == [
        "a", "b c", "d 'e'", "f g", "", "hij",
      ])
  }

  @Test(arguments: ["|", ">", "$", "*", ";", "&", "`"])
  func refusesShellSyntax(character: String) throws {
    #expect(throws: CommandWordsError.shellSyntax(Character(character))) {
      try commandWords("echo a \(character) b")
    }
    #expect(try commandWords("echo '\(character)'") == ["echo", character])
  }

  @Test func refusesWhatIsOpenOrEmpty() {
    #expect(throws: CommandWordsError.openQuote("'")) { try commandWords("echo 'a") }
    #expect(throws: CommandWordsError.openQuote("\\")) { try commandWords("echo a\\") }
    #expect(throws: CommandWordsError.empty) { try commandWords("  ") }
    #expect(throws: CommandWordsError.shellSyntax("$")) { try commandWords("echo \"$HOME\"") }
  }
}

struct NearestNameTests {
  @Test func findsSlips() {
    let known = ["workload", "device", "probes", "reference"]
    #expect(nearestName(to: "worklaod", in: known) == "workload")
    #expect(nearestName(to: "Device", in: known) == "device")
    #expect(nearestName(to: "probe", in: known) == "probes")
    #expect(nearestName(to: "candidate", in: known) == nil)
    #expect(nearestName(to: "x", in: []) == nil)
  }
}

struct MetricPatternTests {
  private func matches(_ pattern: String, _ name: String, _ labels: [String: String] = [:]) -> Bool
  {
    MetricPattern(pattern)?.matches(name: name, labels: labels, phase: "fsync") ?? false
  }

  @Test func absentPartsMatchAnything() {
    #expect(matches("*", "block.device", ["dev": "vdb"]))
    #expect(matches("block.*", "block.device"))
    #expect(matches("block.device", "block.device", ["dev": "vdb"]))
    #expect(!matches("block", "block.device"))
    #expect(!matches("runqueue.*", "block.device"))
  }

  @Test func labelsAndPhasesRestrict() {
    #expect(matches("block.*{dev=vd*}@fs*", "block.device", ["dev": "vdb", "op": "write"]))
    #expect(!matches("block.*{dev=vda}", "block.device", ["dev": "vdb"]))
    #expect(!matches("block.*{op=read}", "block.device", ["dev": "vdb"]))
    #expect(!matches("*@binder", "block.device"))
  }

  @Test(arguments: ["", "@fsync", "a@", "a{b", "a{b}", "a{b=}", "a{=b}", "a{}", "a}b", "a b"])
  func malformed(text: String) {
    #expect(MetricPattern(text) == nil)
  }

  @Test func globsMeanTheSame() throws {
    let globs = { (text: String) in try #require(MetricPattern(text)).globs }
    #expect(try globs("a.*") == ["a.*", "a.*@*", "a.*{*}", "a.*{*}@*"])
    #expect(try globs("a@p") == ["a@p", "a{*}@p"])
    #expect(
      try globs("a{x=1}@p") == ["a{x=1}@p", "a{x=1,*}@p", "a{*,x=1}@p", "a{*,x=1,*}@p"])
    let two = try globs("a{y=2,x=1}")
    for text in ["a{x=1,y=2}", "a{w=0,x=1,xx=3,y=2,z=4}@p"] {
      #expect(two.contains { glob($0, matches: text) })
    }
    for text in ["a{x=1,y=22}", "a{x=1}", "a", "aa{x=1,y=2}"] {
      #expect(!two.contains { glob($0, matches: text) })
    }
  }

  @Test func globsBacktrack() {
    #expect(glob("a*b*c", matches: "aXbYbZc"))
    #expect(!glob("a*b*c", matches: "aXbYbZ"))
    #expect(glob("*", matches: ""))
    #expect(!glob("", matches: "a"))
  }
}
