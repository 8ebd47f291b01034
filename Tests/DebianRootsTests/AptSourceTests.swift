import Testing

@testable import DebianRoots

@Suite struct AptSourceTests {
  static let deb822 = """
    Types: deb deb-src
    # a comment inside the stanza
    URIs: http://mirror.test/debian
    Suites: bookworm bookworm-updates
    Components: main contrib
    Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

    Types: deb
    URIs: http://mirror.test/debian-security
    Suites: bookworm-security
    Components: main
    Check-Valid-Until: no

    Enabled: no
    Types: deb
    URIs: http://disabled.test/debian
    Suites: bookworm
    Components: main

    Types: deb
    URIs: http://keyed.test/debian
    Suites: trixie
    Components: main
    Signed-By:
     -----BEGIN PGP PUBLIC KEY BLOCK-----
     .
     mDMEY
     -----END PGP PUBLIC KEY BLOCK-----
    """

  @Test func readsStanzas() throws {
    let sources = AptSourceParser.parseDeb822(Self.deb822)
    #expect(
      sources.map(\.uri) == [
        "http://mirror.test/debian", "http://mirror.test/debian-security",
        "http://keyed.test/debian",
      ])
    let first = try #require(sources.first)
    #expect(first.types == ["deb", "deb-src"])
    #expect(first.suites == ["bookworm", "bookworm-updates"])
    #expect(
      first.line(suite: "bullseye")
        == "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
        + "http://mirror.test/debian bullseye main")
    #expect(
      sources[1].line(suite: "bookworm-security")
        == "deb [check-valid-until=no] http://mirror.test/debian-security bookworm-security main")
    #expect(
      sources[2].options["signed-by"]
        == "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEY\n-----END PGP PUBLIC KEY BLOCK-----")
  }

  @Test func readsLines() {
    let text = """
      # deb http://off.test/debian bookworm main
      deb [arch=amd64 signed-by=/k.gpg] http://a.test/debian bookworm main contrib # note
      deb-src http://a.test/debian bookworm main
      deb http://b.test/debian/ trixie main
      deb [broken http://c.test bookworm main
      deb
      """
    let sources = AptSourceParser.parseOneLine(text)
    #expect(
      sources == [
        AptSource(
          uri: "http://a.test/debian", suites: ["bookworm"], components: ["main", "contrib"],
          options: ["arch": "amd64", "signed-by": "/k.gpg"]),
        AptSource(
          types: ["deb-src"], uri: "http://a.test/debian", suites: ["bookworm"],
          components: ["main"]),
        AptSource(uri: "http://b.test/debian/", suites: ["trixie"], components: ["main"]),
      ])
    #expect(
      sources[0].line(suite: "bookworm")
        == "deb [signed-by=/k.gpg] http://a.test/debian bookworm main")
  }

  /// As apt reads it, whose options stand behind the type.
  @Test func aNumericAddressHasNoOptions() {
    let sources = AptSourceParser.parseOneLine(
      """
      deb http://[fd00::1]/debian bookworm main
      deb [trusted=yes] http://[fd00::1]:3142/debian bookworm main
      deb cdrom:[Debian GNU/Linux 12.0.0 _Bookworm_ - amd64 NETINST]/ bookworm main
      """)
    #expect(
      sources.filter(\.servesMain).prefix(2).map(\.uri)
        == ["http://[fd00::1]/debian", "http://[fd00::1]:3142/debian"])
    #expect(sources.prefix(2).map(\.options) == [[:], ["trusted": "yes"]])
    let choice = AptSourceChoice(sources: sources)
    #expect(choice.source(suite: "bookworm")?.uri == "http://[fd00::1]/debian")
  }

  /// Every word that apt itself takes for no, by its StringToBool.
  @Test(arguments: ["no", "No", "false", "off", "without", "disable", "0"])
  func aSourceThatIsSwitchedOffIsNone(word: String) {
    let stanza = Self.deb822.replacing("Enabled: no", with: "Enabled: \(word)")
    #expect(
      !AptSourceParser.parseDeb822(stanza).map(\.uri).contains("http://disabled.test/debian"))
  }

  @Test(arguments: [
    ("bookworm", "http://mirror.test/debian"),
    ("bullseye", "http://mirror.test/debian"),
    ("bookworm-backports", "http://mirror.test/debian"),
    ("bullseye-security", "http://mirror.test/debian-security"),
  ])
  func choosesTheArchiveOfASuite(suite: String, uri: String) {
    let strangers = AptSourceParser.parseOneLine(
      """
      deb http://vendor.test/apt bookworm main
      deb http://tool.test/linux nodistro main
      deb-src http://src.test/debian bookworm main
      """)
    let choice = AptSourceChoice(
      sources: strangers + AptSourceParser.parseDeb822(Self.deb822).dropLast())
    #expect(choice.source(suite: suite)?.uri == uri)
  }

  @Test func findsNothingOnAnotherDistribution() {
    let sources = AptSourceParser.parseOneLine(
      "deb http://archive.test/ubuntu jammy main\ndeb http://d.test/debian bookworm contrib")
    #expect(AptSourceChoice(sources: sources).source(suite: "bookworm") == nil)
  }

  @Test func keepsOnlyTransportSettings() {
    let dump = """
      APT::Architecture "amd64";
      Acquire::http "";
      Acquire::http::Proxy "http://proxy.test:3128";
      Acquire::https::CaInfo "/etc/ca.pem";
      Acquire::Retries "3";
      Acquire::Languages "en";
      """
    #expect(
      AptConfiguration.transport(inDump: dump) == [
        "Acquire::http::Proxy \"http://proxy.test:3128\";",
        "Acquire::https::CaInfo \"/etc/ca.pem\";", "Acquire::Retries \"3\";",
      ])
  }
}
