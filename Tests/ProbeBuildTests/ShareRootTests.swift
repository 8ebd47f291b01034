import Foundation
import Testing

@testable import ProbeBuild

@Suite struct ShareRootTests {
  @Test func prefersTheOptionThenTheVariable() async throws {
    try await withFixture { fixture in
      let other = fixture.directory + "/other"
      try fixture.write("", to: "other/bpf/x")
      try fixture.write("", to: "other/targets/x")
      let environment = ["LATGATE_SHARE": other]
      let named = try ShareRoot.find(
        option: fixture.share.path + "/", environment: environment, executable: "/nowhere/latgate")
      #expect(named == fixture.share)
      let variable = try ShareRoot.find(environment: environment, executable: "/nowhere/latgate")
      #expect(variable.path == other)
    }
  }

  @Test func doesNotFallBackFromANamedPlace() async throws {
    try await withFixture { fixture in
      let wrong = fixture.directory + "/wrong"
      #expect(throws: ProbeBuildError.shareNotFound(tried: [wrong])) {
        try ShareRoot.find(
          option: wrong, environment: [:], executable: fixture.share.path + "/latgate")
      }
    }
  }

  @Test func findsTheInstalledPlaceAndTheRepository() async throws {
    try await withFixture { fixture in
      try fixture.write("", to: "prefix/share/latgate/bpf/x")
      try fixture.write("", to: "prefix/share/latgate/targets/x")
      let installed = try ShareRoot.find(
        environment: [:], executable: fixture.directory + "/prefix/bin/latgate")
      #expect(installed.path.hasSuffix("/prefix/share/latgate"))
      let checkout = try ShareRoot.find(
        environment: [:], executable: fixture.share.path + "/.build/debug/latgate")
      #expect(checkout.path.hasSuffix("/share"))
    }
  }
}
