import Foundation
import Testing

@testable import ProbeBuild

@Suite struct BuildPartsTests {
  @Test func keysTellListsApart() {
    func key(_ lists: [[String]]) -> String {
      var hash = InputHash()
      for list in lists { hash.add("flag", list) }
      return hash.key()
    }
    #expect(key([["a", "b"]]) == key([["a", "b"]]))
    #expect(key([["ab"]]) != key([["a", "b"]]))
    #expect(key([["a"], ["b"]]) != key([["a", "b"]]))
    #expect(key([["a", "b"]]) != key([["b", "a"]]))
  }

  @Test func keysCoverFileNames() async throws {
    try await withFixture { fixture in
      func key() throws -> String {
        var hash = InputHash()
        try hash.add(tree: fixture.directory + "/tree", as: "tree")
        return hash.key()
      }
      try fixture.write("x", to: "tree/a.h")
      let first = try key()
      try fixture.write("ignored", to: "tree/notes.txt")
      #expect(try key() == first)
      try FileManager.default.moveItem(
        atPath: fixture.directory + "/tree/a.h", toPath: fixture.directory + "/tree/b.h")
      #expect(try key() != first)
    }
  }

  @Test(arguments: AgentProgram.allCases)
  func everyFileOfAProgramIsInItsKeyOnce(program: AgentProgram) {
    let trees = program.trees
    for directory in program.sourceDirectories + program.includeDirectories {
      let holding = trees.filter { directory == $0 || directory.hasPrefix("\($0)/") }
      #expect(holding.count == 1, "\(directory): \(holding)")
    }
  }

  @Test func cacheTrustsOnlySealedFiles() async throws {
    try await withFixture { fixture in
      let cache = BuildCache(directory: fixture.cacheDirectory)
      let artifact = try await cache.withWorkDirectory { work in
        try Data("abc".utf8).write(to: URL(fileURLWithPath: work + "/x"))
        return try cache.publish(work + "/x", as: "name")
      }
      #expect(
        artifact.hash == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
      #expect(artifact.size == 3)
      #expect(cache.find("name") == artifact)
      try FileManager.default.removeItem(atPath: artifact.path + ".seal")
      #expect(cache.find("name") == nil)
    }
  }

  @Test func findsTheClangBesideSwift() async throws {
    try await withFixture { fixture in
      try fixture.write("", to: "tools/bin/clang", mode: 0o755)
      try fixture.write("", to: "tools/bin/swift", mode: 0o755)
      try fixture.write("", to: "distribution/clang", mode: 0o755)
      try FileManager.default.createDirectory(
        atPath: fixture.directory + "/links", withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: fixture.directory + "/links/swift",
        withDestinationPath: fixture.directory + "/tools/bin/swift")
      let path = "\(fixture.directory)/distribution:\(fixture.directory)/links"
      let found = try Toolchain.find(environment: ["PATH": path])
      #expect(found.compiler.hasSuffix("/tools/bin/clang"))
      let named = try Toolchain.find(
        environment: ["PATH": path, "LATGATE_CLANG": "clang"])
      #expect(named.compiler == fixture.directory + "/distribution/clang")
      #expect(throws: ProbeBuildError.compilerNotFound(tried: ["LATGATE_CLANG=/no/clang"])) {
        try Toolchain.find(environment: ["PATH": path, "LATGATE_CLANG": "/no/clang"])
      }
    }
  }
}
