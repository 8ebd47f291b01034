import Testing

@testable import Symbols

struct ReadableNameTests {
  @Test(
    "names of C++ and Rust are read without parameters and hashes",
    arguments: [
      ("_ZN3app7Request6handleEv", "app::Request::handle"),
      ("_ZN3app7Request6handleERKSsi", "app::Request::handle"),
      ("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE", "core::fmt::Write::write_fmt"),
      ("_ZN12_GLOBAL__N_14workEi", "(anonymous namespace)::work"),
      ("_Z3addIiET_S0_S0_", "add<int>"),
      ("_ZN3appclEv", "app::operator()"),
      ("_ZN3app5QueueIiE3popEv", "app::Queue<int>::pop"),
    ])
  func names(_ symbol: String, _ name: String) {
    #expect(ReadableName.of(symbol) == name)
  }

  @Test("a name that would take too much stack is not read")
  func deep() {
    #expect(ReadableName.of("_Z1f" + String(repeating: "P", count: 1000) + "i") == "f")
    #expect(ReadableName.of("_Z1f" + String(repeating: "P", count: 1_000_000) + "i") == nil)
  }

  @Test("other names are none of them", arguments: ["main", "_Z", "_ZN", "main.handle", ""])
  func others(_ symbol: String) {
    #expect(ReadableName.of(symbol) == nil)
  }
}
