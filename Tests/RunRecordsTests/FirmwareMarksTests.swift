import Testing

@testable import RunRecords

struct FirmwareMarksTests {
  private let known = FirmwareMarks([
    .fingerprint: "a/b:13", .kernelRelease: "6.1.0", .kernelBuildID: "", .slot: "_a",
  ])

  @Test func aMarkThatIsUnknownTellsNothing() {
    let other = FirmwareMarks([
      .fingerprint: "a/b:13", .kernelBuildID: "0123456789abcdef", .slot: nil,
    ])
    #expect(known.isSame(as: other))
    #expect(!FirmwareMarks([.slot: "_a"]).isSame(as: FirmwareMarks([.fingerprint: "a/b:13"])))
    #expect(!FirmwareMarks([:]).isSame(as: FirmwareMarks([:])))
  }

  @Test(arguments: [
    (FirmwareMarks.Mark.fingerprint, "a/b:14"), (.kernelRelease, "6.1.1"), (.slot, "_b"),
  ])
  func oneMarkTellsBuildsApart(mark: FirmwareMarks.Mark, value: String) {
    var marks: [FirmwareMarks.Mark: String?] = [
      .fingerprint: "a/b:13", .kernelRelease: "6.1.0", .slot: "_a",
    ]
    marks[mark] = value
    let other = FirmwareMarks(marks)
    #expect(!known.isSame(as: other))
    #expect(known.differences(from: other) == [mark])
  }

  @Test func anInstallationOfTheSameBuildMayChangeTheSlotAlone() {
    let other = FirmwareMarks([.fingerprint: "a/b:13", .kernelRelease: "6.1.0", .slot: "_b"])
    #expect(known.ofBuild.isSame(as: other.ofBuild))
  }

  @Test func whatSomebodyCallsABuildIsNoMarkOfADevice() {
    var one = sampleRecord()
    one.device.transport = "adb"
    var two = one
    two.firmware.name = "other"
    two.firmware.id = "builds/other.zip"
    #expect(one.firmwareMarks.isSame(as: two.firmwareMarks))
    two.firmware.reportedID = "77"
    one.firmware.reportedID = "76"
    #expect(one.firmwareMarks.differences(from: two.firmwareMarks) == [.reportedID])
    // A virtual device's id is made of all that it is.
    two = one
    two.firmware.id = "virtual-6.1-000000000000"
    one.device.transport = "virtual"
    two.device.transport = "virtual"
    #expect(one.firmwareMarks.differences(from: two.firmwareMarks) == [.digest])
  }
}
