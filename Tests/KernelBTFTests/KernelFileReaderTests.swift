import KernelBTF
import KernelTypes
import ProbeBuild
import Testing

@Suite struct KernelFileReaderTests {
  @Test func namesAMissingFile() async throws {
    let reader = KernelFileReader(cache: BuildCache(folder: "/nonexistent/cache"))
    await #expect(
      throws: KernelBTFError.unreadable(path: "/nonexistent/vmlinux", reason: "no such file")
    ) {
      try await reader.read("/nonexistent/vmlinux")
    }
  }
}
