import Testing

@testable import POSIXSupport

@Suite("The directory of a path")
struct PathParentTests {
  @Test(
    "Is that of dirname(1), for the shortest names too",
    arguments: [
      ("d", "."), ("", "."), ("dd", "."), ("d/", "."), ("./d", "."), ("a/d", "a"), ("a//d/", "a"),
      ("/d", "/"), ("/", "/"), ("//", "/"), ("/a/d", "/a"), ("/a/b/d.html", "/a/b"),
    ])
  func directory(_ path: String, _ directory: String) {
    #expect(PathParent.of(path) == directory)
  }
}
