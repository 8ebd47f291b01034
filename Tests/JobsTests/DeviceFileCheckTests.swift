import Catalogs
import Foundation
import Testing

@testable import Jobs

/// What a device file names on this machine, and what its virtual machines refuse.
@Suite struct DeviceFileCheckTests {
  private let directory = NSTemporaryDirectory() + "latgate-jobs-\(UUID().uuidString)"

  private func problems(
    _ text: String, looksForFiles: Bool = true
  ) throws -> [String] {
    let device = try DeviceDefinition.parse(text, file: "\(directory)/d.yaml")
    return DeviceFileCheck(device, in: Catalog()).problems(looksForFiles: looksForFiles)
      .map { $0.description.replacing(directory, with: "DIRECTORY") }
  }

  private func inDirectory(_ files: [String: Int], _ body: () throws -> Void) throws {
    for (path, mode) in files {
      let place = URL(fileURLWithPath: "\(directory)/\(path)")
      try FileManager.default.createDirectory(
        at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("x".utf8).write(to: place)
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: place.path)
    }
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try body()
  }

  @Test func filesThatAreNotThereAreNamed() throws {
    let text = """
      device: d
      kind: ssh
      address: board
      identity: \(directory)/key
      btf: {file: "symbols/{firmware}/vmlinux"}
      commands:
        flash: \(directory)/flash.sh {serial} {firmware}
        switch: \(directory)/switch.sh
        reboot: latgate-no-such-program --now
        ready: '[ -e \(directory)/up ]'
        power_cycle: {run: \(directory)/relay.sh 3, timeout: 1m}
      firmwares: {one: a, two: b}
      """
    try inDirectory(["symbols/one/vmlinux": 0o644, "switch.sh": 0o755, "relay.sh": 0o644]) {
      let found = try problems(text)
      #expect(
        found == [
          "DIRECTORY/d.yaml: identity: there is no file DIRECTORY/key (put it there, or correct the path)",
          "DIRECTORY/d.yaml: btf.file: there is no file DIRECTORY/symbols/two/vmlinux"
            + " (put it there, or correct the path)",
          "DIRECTORY/d.yaml: commands.flash: there is no program DIRECTORY/flash.sh (correct the path)",
          "DIRECTORY/d.yaml: commands.reboot: program 'latgate-no-such-program' is not installed here"
            + " (install it, or correct it)",
          "DIRECTORY/d.yaml: commands.power_cycle: DIRECTORY/relay.sh is not executable"
            + " (chmod +x DIRECTORY/relay.sh)",
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
        "DIRECTORY/d.yaml: commands.reboot: there is no program ./no-such-command.sh in \(here) (commands run in"
          + " the directory in which latgate is started: give the full path)"
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
      found[0].hasPrefix("DIRECTORY/d.yaml: firmwares.counted: cpus '2' cannot be: kernel 5.10-"))
    #expect(found[1].hasPrefix("DIRECTORY/d.yaml: firmwares.kit.kit: there is no probe 'fsnyc' ("))
    #expect(
      found[2] == "DIRECTORY/d.yaml: firmwares.words: commandLine 'console=ttyS0' cannot be: "
        + "'console' is set by this tool (change it)")
  }
}
