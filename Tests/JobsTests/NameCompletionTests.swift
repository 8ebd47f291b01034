import Foundation
import Testing

@testable import Jobs

/// Names that a shell offers, of the catalogue that comes with latgate.
@Suite struct NameCompletionTests {
  private func completion(_ words: String...) -> NameCompletion {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().path
    return NameCompletion(words: ["latgate"] + words + ["--share", root])
  }

  @Test func valuesOfOptionsAreRead() {
    let words = TypedWords(["latgate", "run", "--device", "a", "--probe", "--device=b"])
    #expect(words.value(of: "--device") == "b")
    #expect(words.value(of: "--probe") == nil)
    #expect(TypedWords(["--device", "a", "--device", ""]).value(of: "--device") == "a")
  }

  @Test func theCatalogueIsOffered() {
    let check = completion("check")
    #expect(check.suites.contains("demo") && check.suites == check.suites.sorted())
    #expect(check.probes.contains("runqueue"))
    #expect(check.workloads.contains("smoke"))
    #expect(check.metrics.contains("fsync.latency"))
  }

  @Test func firmwaresAreThoseOfTheDevice() {
    #expect(completion("check", "demo", "--candidate").firmwares.contains("slow-disk"))
    let zoo = completion("check", "demo", "--device", "virtual-zoo", "--candidate").firmwares
    #expect(zoo.contains("slow-ext4") && !zoo.contains("debug-left-on"))
    #expect(completion("check", "--candidate").firmwares == [])
  }

  @Test func filesAndThisMachineAreDevices() async {
    let devices = await completion("run", "--device").devices()
    #expect(Set(["virtual", "local"]).isSubset(of: devices))
  }

  @Test func nothingIsOfferedWithoutACatalogue() {
    let lost = NameCompletion(words: ["latgate", "check", "--share", "/nonexistent"])
    #expect(lost.suites == [] && lost.firmwares == [])
  }

  @Test func anUnknownDeviceHasNoEvents() async {
    #expect(await completion("measure", "--device", "nosuch", "--count").events(prefix: "") == [])
  }
}
