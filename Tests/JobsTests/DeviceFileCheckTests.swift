import Catalogs
import Foundation
import Testing

@testable import Jobs

/// What a device file names on this machine, and what its virtual machines refuse.
@Suite struct DeviceFileCheckTests {
  private let folder = NSTemporaryDirectory() + "latgate-jobs-\(UUID().uuidString)"

  private func problems(
    _ text: String, looksForFiles: Bool = true
  ) throws -> [String] {
    let device = try DeviceDefinition.parse(text, file: "\(folder)/d.yaml")
    return DeviceFileCheck(device, in: Catalog()).problems(looksForFiles: looksForFiles)
      .map { $0.description.replacing(folder, with: "FOLDER") }
  }

  private func inFolder(_ files: [String: Int], _ body: () throws -> Void) throws {
    for (path, mode) in files {
      let place = URL(fileURLWithPath: "\(folder)/\(path)")
      try FileManager.default.createDirectory(
        at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("x".utf8).write(to: place)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: place.path)
    }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body()
  }

  @Test func filesThatAreNotThereAreNamed() throws {
    let text = """
      device: d
      kind: ssh
      address: board
      identity: \(folder)/key
      btf: {file: "symbols/{firmware}/vmlinux"}
      commands:
        flash: \(folder)/flash.sh {serial} {firmware}
        switch: \(folder)/switch.sh
        reboot: latgate-no-such-program --now
        ready: '[ -e \(folder)/up ]'
        power_cycle: {run: \(folder)/relay.sh 3, timeout: 1m}
      firmwares: {one: a, two: b}
      """
    try inFolder(["symbols/one/vmlinux": 0o644, "switch.sh": 0o755, "relay.sh": 0o644]) {
      let found = try problems(text)
      #expect(
        found == [
          "FOLDER/d.yaml: identity: there is no file FOLDER/key (put it there, or correct the path)",
          "FOLDER/d.yaml: btf.file: there is no file FOLDER/symbols/two/vmlinux"
            + " (put it there, or correct the path)",
          "FOLDER/d.yaml: commands.flash: there is no program FOLDER/flash.sh (correct the path)",
          "FOLDER/d.yaml: commands.reboot: program 'latgate-no-such-program' is not installed here"
            + " (install it, or correct it)",
          "FOLDER/d.yaml: commands.power_cycle: FOLDER/relay.sh is not executable"
            + " (chmod +x FOLDER/relay.sh)",
        ])
      let elsewhere = try problems(text, looksForFiles: false)
      #expect(elsewhere == [])
    }
  }

  @Test func aRelativeCommandIsLookedForWhereItWouldRun() throws {
    let found = try problems("device: d\nkind: adb\ncommands: {reboot: ./no-such-command.sh}\n")
    let here = FileManager.default.currentDirectoryPath
    #expect(
      found == [
        "FOLDER/d.yaml: commands.reboot: there is no program ./no-such-command.sh in \(here) (commands run in"
          + " the folder in which latgate is started: give the full path)"
      ])
  }

  @Test(arguments: [
    ("./flash.sh {serial}", "./flash.sh" as String?), ("adb -s {serial} reboot", "adb"),
    ("true", nil), ("cd /tools && ./flash", nil), ("A=1 ./flash", nil), ("[ -e x ]", nil),
    ("$TOOLS/flash", nil), ("{firmware}/install", nil), ("\"/my tools/flash\" x", nil), ("", nil),
  ])
  func theProgramIsTheFirstWord(command: String, program: String?) {
    #expect(DeviceFileCheck.program(of: command) == program)
  }

  @Test func valuesThatAMachineRefusesAreNamed() throws {
    let found = try problems(
      """
      device: d
      kind: virtual
      firmwares:
        fine: {kernel: "6.1"}
        words: {kernel: "6.1", cmdline: console=ttyS0}
        kit: {kernel: "6.1", kit: [fsnyc]}
        counted: {kernel: 5.10-armmp, cpus: 2}
      """, looksForFiles: false)
    #expect(found.count == 3)
    #expect(
      found[0].hasPrefix("FOLDER/d.yaml: firmwares.counted: cpus '2' cannot be: kernel 5.10-"))
    #expect(found[1].hasPrefix("FOLDER/d.yaml: firmwares.kit.kit: there is no probe 'fsnyc' ("))
    #expect(
      found[2] == "FOLDER/d.yaml: firmwares.words: commandLine 'console=ttyS0' cannot be: "
        + "'console' is set by this tool (change it)")
  }
}
