import Testing

@testable import Devices

struct FirmwareReadingTests {
  @Test func readsThroughNoise() {
    let reading = FirmwareReading(
      parsing: "motd\r\nlatgate:notes=040000001f\r\nlatgate:slot=_b\r\n")
    #expect(reading.kernelNotes == [4, 0, 0, 0, 0x1f])
    #expect(reading.slot == "_b")
  }

  @Test(arguments: [
    "latgate:notes=\nlatgate:slot=\n", "latgate:notes=04x\n", "latgate:notes=041\n", "",
  ])
  func whatIsNotThereIsUnknown(answer: String) {
    #expect(FirmwareReading(parsing: answer) == FirmwareReading(parsing: ""))
    #expect(FirmwareReading(parsing: answer).kernelNotes.isEmpty)
  }

  @Test func thisMachineAnswersTheCommand() async throws {
    let answer = try await LocalDevice().exec(FirmwareReading.command, timeout: .seconds(20))
    #expect(answer.exitCode == 0)
    #expect(answer.text.contains("latgate:notes=") && answer.text.contains("latgate:slot="))
  }
}
