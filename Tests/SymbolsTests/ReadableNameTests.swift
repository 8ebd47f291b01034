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

  @Test(
    "operators are no brackets, and their parameters go as others do",
    arguments: [
      ("_ZlsRSoRKN3app5EventE", "operator<<"), ("_ZN3applsERNS_6StreamEi", "app::operator<<"),
      ("_ZN3apprsERNS_6StreamERi", "app::operator>>"),
      ("_ZN3appltERKNS_1AES2_", "app::operator<"), ("_ZN3appgtERKNS_1AES2_", "app::operator>"),
      ("_ZN3app1AclEi", "app::A::operator()"), ("_ZN12_GLOBAL__N_11AclEi", anonymous),
      ("_ZN3app1AclIiEEvT_", "app::A::operator()<int>"),
      ("_ZN3app1AltIiEEbRKT_", "app::A::operator< <int>"),
      ("_ZN3applsIiEERNS_6StreamES2_RKT_", "app::operator<< <int>"),
      ("_ZN3app1AlSIiEERS0_T_", "app::A::operator<<=<int>"),
      ("_ZN3app1AptEv", "app::A::operator->"), ("_ZN3app1ApmEi", "app::A::operator->*"),
      ("_ZN3app1AixEi", "app::A::operator[]"), ("_ZN3app1AcmEi", "app::A::operator,"),
      ("_ZN3app1AnwEm", "app::A::operator new"), ("_ZNK3app1AcvbEv", "app::A::operator bool"),
      ("_ZNK3app1AcvPFviEEv", "app::A::operator void (*)(int)"),
      ("_Zli3_kmy", "operator\"\" _km"), ("_ZN3app11my_operatorEi", "app::my_operator"),
    ])
  func operators(_ symbol: String, _ name: String) {
    #expect(ReadableName.of(symbol) == name)
  }

  private static let anonymous = "(anonymous namespace)::A::operator()"

  @Test(
    "what stands around a name, or in its brackets, is no part of it",
    arguments: [
      ("bool app::A::operator<=><int>(int const&) const", "app::A::operator<=><int>"),
      ("app::work()::{lambda(int)#1}::operator()(int) const", lambda),
      ("void app::work<int>(int)::{lambda()#1}::operator()() const", templateLambda),
      ("void (*app::get<int>())()", "app::get<int>"),
      ("void app::run<((3)>(2))>()", "app::run<((3)>(2))>"),
      ("decltype (f()) app::get<int>()", "app::get<int>"),
      ("app::apply(void (*)(int))", "app::apply"), ("app::work(int) [clone .cold]", "app::work"),
      ("app::A::operator std::vector<int, std::allocator<int> >() const", vector),
      ("operator", "operator"), ("operator(", "operator"), ("app::operator<", "app::operator<"),
      ("a<(", "a<("), ("", ""),
    ])
  func stems(_ text: String, _ stem: String) {
    #expect(DemangledName.stem(text) == stem)
  }

  private static let lambda = "app::work::{lambda(int)#1}::operator()"
  private static let templateLambda = "app::work<int>::{lambda()#1}::operator()"
  private static let vector = "app::A::operator std::vector<int, std::allocator<int> >"

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
