import Testing

@testable import POSIXSupport

@Suite("The folder of a path")
struct PathParentTests {
  @Test(
    "Is that of dirname(1), for the shortest names too",
    arguments: [
      ("d", "."), ("", "."), ("dd", "."), ("d/", "."), ("./d", "."), ("a/d", "a"), ("a//d/", "a"),
      ("/d", "/"), ("/", "/"), ("//", "/"), ("/a/d", "/a"), ("/a/b/d.html", "/a/b"),
    ])
  func folder(_ path: String, _ folder: String) {
    #expect(PathParent.of(path) == folder)
  }
}
