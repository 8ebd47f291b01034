import Testing

@testable import Catalogs

struct DeviceDefinitionTests {
  private func deviceProblems(_ text: String) -> [String] {
    problems { () throws(CatalogError) in try DeviceDefinition.parse(text, file: "d.yaml") }
  }

  @Test func readsAVirtualDevice() throws {
    let text = """
      device: virtual
      kind: virtual
      firmwares:
        slower:
          extends: slow
          kernel: 6.1-rt
          disks: {f2fs: {iops: 100}}
        reference:
          kernel: "6.1"
        slow:
          kernel: 5.10
          cmdline: maxcpus=1
          cpus: 4
          memory: 512MiB
          disks:
            f2fs: {iops: 200, bandwidth: 20MiB/s}
          scheduler: mq-deadline
          timing: host-clock
          cpu_quota: 80%
          kit: [runqueue, fsync]
          at_boot: |
            echo 1 >/proc/one
            exit 0
      """
    let device = try DeviceDefinition.parse(text, file: "d.yaml")
    #expect(device.kind == .virtual)
    #expect(device.privilege == .auto)
    #expect(device.btf == .device)
    #expect(!device.stability.allowsHotplug)
    var slow = VirtualFirmwareDefinition(
      kernel: "5.10", commandLine: "maxcpus=1", cpus: 4, memory: ByteSize(bytes: 512 << 20),
      f2fs: .init(iops: 200, bandwidth: ByteSize(bytes: 20 << 20)), scheduler: .mqDeadline,
      timing: .hostClock, cpuQuota: Percentage(fraction: 0.8), kit: ["runqueue", "fsync"],
      atBoot: "echo 1 >/proc/one\nexit 0")
    #expect(device.firmwares["slow"] == .virtual(slow))
    slow.kernel = "6.1-rt"
    slow.f2fs.iops = 100
    #expect(device.firmwares["slower"] == .virtual(slow))
    #expect(
      device.firmwares["reference"]
        == .virtual(
          VirtualFirmwareDefinition(
            kernel: "6.1", commandLine: "", cpus: 2, memory: ByteSize(bytes: 1 << 30))))
  }

  @Test func readsAnADBDeviceWithCommands() throws {
    let text = """
      device: phone
      kind: adb
      serial: ABC123
      privilege: su
      btf: {file: btf/phone.btf}
      btf_build_id: 64FA8F84858EDEC2
      stability: {temperature_max: 45C, battery_min: 30%, memory_pressure_max: 10%, hotplug: allow}
      commands:
        flash: ./flash.sh {serial} {firmware}
        timeout: 15m
      firmwares:
        release: builds/it's.zip
      """
    let device = try DeviceDefinition.parse(text, file: "d.yaml")
    #expect(device.kind == .adb(serial: "ABC123"))
    #expect(device.privilege == .su)
    #expect(device.btf == .file(path: "btf/phone.btf", buildID: "64fa8f84858edec2"))
    #expect(device.placedBTF == device.btf, "a file name without a directory")
    let placed = try DeviceDefinition.parse(text, file: "/t/devices/d.yaml").placedBTF
    #expect(placed == .file(path: "/t/devices/btf/phone.btf", buildID: "64fa8f84858edec2"))
    #expect(
      device.stability
        == .init(
          temperatureMax: Temperature(celsius: 45), batteryMin: Percentage(fraction: 0.3),
          memoryPressureMax: Percentage(fraction: 0.1), allowsHotplug: true))
    let commands = try #require(device.commands)
    #expect(commands[.switchTo] == nil)
    #expect(commands.readyTimeout == .seconds(900))
    let command = try #require(commands[.flash])
    #expect(command.timeout == .seconds(900))
    let flash = command.command
    #expect(
      device.commandLine(flash, firmware: "release", serial: "ABC123")
        == #"./flash.sh 'ABC123' 'builds/it'\''s.zip'"#)
    #expect(
      device.commandLine(flash, firmware: "b-77", serial: "{firmware}")
        == "./flash.sh '{firmware}' 'b-77'")
    // An apostrophe that a mark combines with is one to the shell as well.
    #expect(
      device.commandLine(flash, firmware: "b-77", serial: "x'\u{301};reboot")
        == "./flash.sh 'x'\\''\u{301};reboot' 'b-77'")
  }

  @Test func readsCommandsWithTheirOwnTimes() throws {
    let text = """
      device: board
      kind: adb
      reconnect: 20s
      lease: rack1-slot3
      commands:
        switch: {run: ./switch.sh, timeout: 90s}
        reboot: "true"
        ready: {timeout: 3m}
        power_cycle: uhubctl -l $LATGATE_USB_HUB -p $LATGATE_USB_PORT -a cycle
      """
    let device = try DeviceDefinition.parse(text, file: "d.yaml")
    #expect(device.reconnect == .seconds(20))
    #expect(device.lease == "rack1-slot3")
    let commands = try #require(device.commands)
    #expect(commands[.switchTo] == .init(command: "./switch.sh", timeout: .seconds(90)))
    #expect(commands[.reboot] == .init(command: "true", timeout: .seconds(300)))
    #expect(commands[.ready] == nil && commands.readyTimeout == .seconds(180))
    #expect(commands[.powerCycle]?.timeout == .seconds(120))
    #expect(commands[.flash] == nil)
    let plain = try DeviceDefinition.parse("device: d\nkind: adb\n", file: "d.yaml")
    #expect(plain.reconnect == .seconds(60) && plain.lease == nil && plain.commands == nil)
  }

  /// Files of earlier releases call the commands hooks.
  @Test func theFormerNameOfCommandsIsRead() throws {
    let device = try DeviceDefinition.parse(
      "device: d\nkind: adb\nhooks: {reboot: ./restart.sh}\n", file: "d.yaml")
    #expect(
      device.commands?[.reboot] == .init(command: "./restart.sh", timeout: .seconds(300)))
    let both = "device: d\nkind: adb\ncommands: {reboot: a}\nhooks: {reboot: b}\n"
    #expect(
      deviceProblems(both) == [
        "d.yaml:4:8: hooks: the commands are given already (move them there)"
      ])
  }

  @Test func wrongCommandsAreReported() {
    #expect(
      deviceProblems(
        """
        device: d
        kind: adb
        commands:
          flash: {timeout: 5m}
          switch: {run: go, limit: 5m}
          reboot: {run: "go {build}", timeout: 10ms}
          power-cycle: uhubctl
        """) == [
          "d.yaml:4:10: commands.flash.run: missing (give the command to run)",
          "d.yaml:5:21: commands.switch.limit: unknown key 'limit' (known: run, timeout)",
          "d.yaml:6:17: commands.reboot.run: unknown placeholder '{build}'"
            + " (use {firmware} or {serial})",
          "d.yaml:6:40: commands.reboot.timeout: a command needs time (give at least 1s)",
          "d.yaml:7:3: commands.power-cycle: unknown key 'power-cycle' (did you mean 'power_cycle'?)",
        ])
  }

  @Test func readsStabilityBounds() throws {
    let text = """
      device: phone
      kind: adb
      stability:
        temperature_band: {min: 25C, max: 38C}
        charging: drop
        memory_available_min: 64MiB
        throttling: allow
        frequency_limit_min: 80%
        speed_change_max: 5%
      """
    #expect(
      try DeviceDefinition.parse(text, file: "d.yaml").stability
        == .init(
          temperatureBand: .init(
            coolest: Temperature(celsius: 25), hottest: Temperature(celsius: 38)),
          allowsCharging: false, memoryAvailableMin: ByteSize(bytes: 64 << 20),
          dropsThrottled: false, frequencyLimitMin: Percentage(fraction: 0.8),
          speedChangeMax: Percentage(fraction: 0.05)))
    let plain = try DeviceDefinition.parse("device: d\nkind: adb\n", file: "d.yaml").stability
    #expect(plain == .init())
    #expect(plain.dropsThrottled && plain.allowsCharging && !plain.allowsHotplug)
  }

  @Test func anEmptyBandAndAWrongPolicyAreReported() {
    #expect(
      deviceProblems(
        """
        device: d
        kind: adb
        stability:
          temperature_band: {min: 38C, max: 38C}
          throttling: "yes"
        """) == [
          "d.yaml:4:21: stability.temperature_band: the band is empty (let min be below max)",
          "d.yaml:5:15: stability.throttling: 'yes' is not a policy for throttling"
            + " (write a policy for throttling, drop or allow)",
        ])
  }

  @Test func reportsProblems() {
    let text = """
      device: v
      kind: virtual
      serial: x
      commands: {flash: "go {build}"}
      btf: vmlinux
      firmwares:
        a b: {kernel: 6.1.12, cpus: 9, memory: 1GB}
        c: {kernal: "6.1", disks: {xfs: {}, ext4: {iops: 0, bandwidth: 20MiB}}}
        d: {extends: e}
        e: {extends: d}
        f: {extends: cc}
      """
    #expect(
      deviceProblems(text) == [
        "d.yaml:3:9: serial: only a device behind adb has a serial (remove it)",
        "d.yaml:4:11: commands: a virtual device changes its firmware by itself (remove the commands)",
        "d.yaml:4:19: commands.flash: unknown placeholder '{build}' (use {firmware} or {serial})",
        "d.yaml:5:6: btf: expected 'device' or a file (write 'btf: device' or 'btf: {file: PATH}')",
        "d.yaml:7:8: firmwares.a b: 'a b' is not a name (use letters, digits, '-', '_' and '.')",
        "d.yaml:7:17: firmwares.a b.kernel: no virtual device has kernel '6.1.12'"
          + " (write one of 5.10, 5.10-armmp, 6.1, 6.1-rt, 6.12, unstable)",
        "d.yaml:7:31: firmwares.a b.cpus: '9' is not a whole number from 1 to 8"
          + " (write a whole number from 1 to 8)",
        "d.yaml:7:42: firmwares.a b.memory: '1GB' is not a size from 256MiB to 8GiB"
          + " (write a size from 256MiB to 8GiB, in whole MiB)",
        "d.yaml:8:6: firmwares.c.kernel: missing (give the kernel series, such as \"6.1\")",
        "d.yaml:8:7: firmwares.c.kernal: unknown key 'kernal' (did you mean 'kernel'?)",
        "d.yaml:8:30: firmwares.c.disks.xfs: unknown key 'xfs' (known: ext4, f2fs)",
        "d.yaml:8:52: firmwares.c.disks.ext4.iops: '0' is not a whole number from 1 to 1000000"
          + " (write a whole number from 1 to 1000000)",
        "d.yaml:8:66: firmwares.c.disks.ext4.bandwidth: '20MiB' is not a size per second of at"
          + " least 4KiB/s (write a size per second of at least 4KiB/s, such as 20MiB/s)",
        "d.yaml:9:16: firmwares.d.extends: 'e' extends another one itself (did you mean 'c'?)",
        "d.yaml:10:16: firmwares.e.extends: 'd' extends another one itself (did you mean 'c'?)",
        "d.yaml:11:16: firmwares.f.extends: there is no firmware 'cc' (did you mean 'c'?)",
      ])
  }

  /// Bounds that no device can keep, or none can break.
  @Test func impossibleBoundsAreReported() {
    #expect(
      deviceProblems(
        """
        device: d
        kind: adb
        stability:
          temperature_max: 45000C
          temperature_band: {min: 20C, max: 151C}
          battery_min: 130%
          memory_pressure_max: 100.5%
          frequency_limit_min: 800%
          speed_change_max: 1000%
        """) == [
          "d.yaml:4:20: stability.temperature_max: '45000C' is not a temperature from 0C to 150C"
            + " (write a temperature from 0C to 150C, such as 45C)",
          "d.yaml:5:37: stability.temperature_band.max: '151C' is not a temperature from 0C to 150C"
            + " (write a temperature from 0C to 150C, such as 45C)",
          "d.yaml:6:16: stability.battery_min: '130%' is not a share from 0% to 100%"
            + " (write a share from 0% to 100%, such as 5%)",
          "d.yaml:7:24: stability.memory_pressure_max: '100.5%' is not a share from 0% to 100%"
            + " (write a share from 0% to 100%, such as 5%)",
          "d.yaml:8:24: stability.frequency_limit_min: '800%' is not a share from 0% to 100%"
            + " (write a share from 0% to 100%, such as 5%)",
        ])
  }

  @Test(arguments: [
    ("tcp:h:99999", "is no address of a device"), ("tcp:h:0", "is no address of a device"),
    ("tcp:", "is no address of a device"), ("tcp:a b:1", "is no address of a device"),
    ("dir/A1", "is no address of a device"), ("board.yaml", "is no address of a device"),
    ("local", "is no device behind adb"), ("ssh:root@board", "is no device behind adb"),
  ])
  func aSerialThatNoDeviceHasIsReported(serial: String, message: String) {
    let found = deviceProblems("device: d\nkind: adb\nserial: '\(serial)'\n")
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("d.yaml:3:9: serial: '\(serial)' \(message) (") == true)
  }

  @Test(arguments: [
    "A1", "A 1 [2]", "127.0.0.1:5555", "tcp:h", "tcp:h:65535", "tcp:[fe80::1]:5555", "usb:",
    "usb:1-2.3",
  ])
  func serialsAndPlacesAreRead(serial: String) throws {
    let device = try DeviceDefinition.parse(
      "device: d\nkind: adb\nserial: '\(serial)'\n", file: "d.yaml")
    #expect(device.kind == .adb(serial: serial))
  }

  @Test func aBoardsPortIsOne() {
    #expect(
      deviceProblems("device: d\nkind: ssh\naddress: root@board:70000\n") == [
        "d.yaml:3:10: address: 'root@board:70000' is not an address"
          + " (write an address, [user@]host[:port])"
      ])
    #expect(deviceProblems("device: d\nkind: ssh\naddress: root@[fe80::1]:22\n") == [])
  }

  @Test func aBoardBehindSSHHasAnAddress() throws {
    let text = """
      device: board
      kind: ssh
      address: root@board-1.lab:2222
      identity: /keys/board
      privilege: su
      """
    let device = try DeviceDefinition.parse(text, file: "d.yaml")
    #expect(
      device.kind
        == .ssh(
          .init(
            address: "root@board-1.lab:2222", identity: "/keys/board", configuration: nil)))
    #expect(device.privilege == .su)
    #expect(
      deviceProblems("device: d\nkind: ssh\n") == [
        "d.yaml:1:1: address: missing (write 'address: root@board')"
      ])
    #expect(
      deviceProblems("device: d\nkind: ssh\naddress: -oProxyCommand=x\nserial: 1\n") == [
        "d.yaml:3:10: address: '-oProxyCommand=x' is not an address"
          + " (write an address, [user@]host[:port])",
        "d.yaml:4:9: serial: only a device behind adb has a serial (remove it)",
      ])
    #expect(
      deviceProblems("device: d\nkind: adb\naddress: board\n") == [
        "d.yaml:3:10: address: only a board behind ssh has this (remove it, or write kind: ssh)"
      ])
  }

  @Test func aVirtualDeviceNeedsAFirmware() {
    #expect(
      deviceProblems("device: d\nkind: virtual\n") == [
        "d.yaml:1:1: firmwares: missing"
          + " (list at least one, such as 'reference: {kernel: \"6.1\"}')"
      ])
  }

  @Test func aFirmwareMaySayWhatADeviceWithItShows() throws {
    let device = try DeviceDefinition.parse(
      """
      device: d
      kind: ssh
      address: board
      build_id: cat /etc/build-id
      firmwares:
        release: {image: builds/1.img, expect: "1.0"}
        nightly: builds/2.img
      """, file: "d.yaml")
    #expect(device.buildID == "cat /etc/build-id")
    #expect(device.image(ofFirmware: "release") == "builds/1.img")
    #expect(device.expectation(ofFirmware: "release") == "1.0")
    #expect(device.expectation(ofFirmware: "nightly") == nil)
    #expect(
      deviceProblems(
        """
        device: d
        kind: virtual
        build_id: cat /etc/build-id
        firmwares: {a: {kernel: "6.1"}}

        """) == [
          "d.yaml:3:11: build_id: the firmware of a virtual device is known (remove it)"
        ])
    #expect(
      deviceProblems("device: d\nkind: adb\nfirmwares: {a: {expects: x}}\n").count == 2)
  }
}
