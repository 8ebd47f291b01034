import ADB
import ArgumentParser
import Catalogs
import Devices
import Experiments
import Foundation
import KernelBTF
import ProbeBuild
import VirtualDevices

struct DeviceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "device",
    abstract: "List devices, boot and stop virtual ones, reach into any.",
    discussion: """
      A device is named by its virtual device's name, its adb serial, or 'local'. No adb server
      is needed for 'tcp:HOST:PORT' and 'usb:SERIAL' (or 'usb:PATH'): latgate speaks adb itself.

        latgate device boot demo --firmware slow-disk
        latgate device shell demo -- uname -a
        latgate device stop demo
      """,
    subcommands: [
      DeviceList.self, DeviceBoot.self, DeviceStop.self, DeviceReset.self, DeviceShell.self,
      DevicePush.self, DevicePull.self, DeviceImage.self,
    ])
}

/// The device that a name means, for commands that need no catalogue.
private func reach(_ name: String) async throws -> any Device {
  let environment = ProcessInfo.processInfo.environment
  guard name != "local", let machine = try? VirtualMachine.find(name) else {
    return try DeviceAddress(name).device(environment: environment)
  }
  let device = try DeviceAddress("tcp:\(machine.serial)").device(environment: environment)
  try await device.waitUntilReady(timeout: .seconds(30))
  return device
}

struct DeviceList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List virtual devices, those of the adb server, and those on USB.")

  @OptionGroup var common: CommonOptions

  @Option(help: "How to print: \(OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: OutputFormat = .terminal

  private struct Row: Encodable {
    var name: String
    var transport: String
    var state: String
    var serial: String
    var detail: String
    /// QEMU's, for a virtual device.
    var processID: Int32?
  }

  func run() async throws {
    let console = common.console
    let machines = try VirtualMachine.list()
    var rows = machines.map { machine in
      Row(
        name: machine.name, transport: "virtual", state: "device", serial: machine.serial,
        detail: "\(machine.state.kernelRelease), firmware \(machine.state.firmwareID)",
        processID: machine.processID)
    }
    var served: Set<String> = []
    do {
      let server = try ADBServer(environment: ProcessInfo.processInfo.environment)
      let serials = Set(machines.map(\.serial))
      let devices = try await server.devices()
      served = Set(devices.map(\.serial))
      rows += devices.filter { !serials.contains($0.serial) }.map { device in
        Row(
          name: device.serial.isEmpty ? device.path : device.serial, transport: "adb",
          state: device.state.word, serial: device.serial, detail: device.model)
      }
    } catch let error as ADBError {
      // Virtual devices are worth listing without an adb server.
      console.note("adb: \(DeviceError(error, device: "adb", operation: "listing"))")
    }
    rows += usbRows(console).filter { !served.contains($0.serial) }
    rows.append(
      Row(name: "local", transport: "local", state: "device", serial: "", detail: "this machine"))
    try show(rows, console)
  }

  /// What latgate can open by itself.
  private func usbRows(_ console: Console) -> [Row] {
    do {
      let devices = try USBDevice.list()
      return devices.map { device in
        // A serial number that two devices carry names neither.
        let isUnique = devices.filter { $0.serial == device.serial }.count == 1
        let name = isUnique && !device.serial.isEmpty ? device.serial : device.path
        return Row(
          name: "usb:\(name)", transport: "usb", state: device.obstacle ?? "device",
          serial: device.serial, detail: "\(device.product), path \(device.path)")
      }
    } catch {
      console.note("usb: \(DeviceError(error, device: "usb", operation: "listing"))")
      return []
    }
  }

  private func show(_ rows: [Row], _ console: Console) throws {
    switch format {
    case .json:
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      console.print(String(decoding: try encoder.encode(rows), as: UTF8.self))
    case .terminal:
      let width = (rows.map(\.name.count).max() ?? 0) + 2
      for row in rows {
        console.print(
          [
            row.name.padding(toLength: width, withPad: " ", startingAt: 0),
            row.transport.padding(toLength: 9, withPad: " ", startingAt: 0),
            row.state.padding(toLength: 14, withPad: " ", startingAt: 0), row.detail,
          ].joined())
      }
    }
  }
}

struct DeviceBoot: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "boot",
    abstract: "Boot a virtual device; it runs until 'latgate device stop'.")

  @OptionGroup var common: CommonOptions

  @Argument(help: "Name for the device: letters, digits and '-'.")
  var name: String

  @Option(help: "Device file that lists the firmwares.")
  var device = "virtual"

  @Option(help: "Firmware of the device file.")
  var firmware = "reference"

  @Option(help: "adb port on 127.0.0.1, outside 5555-5585. Default: a free one.")
  var port: UInt16?

  func run() async throws {
    let console = common.console
    let bench = try Workbench(common)
    let definition = try bench.catalog.device(device)
    let machine = try await VirtualMachine.boot(
      firmware: try definition.machine(firmware: firmware),
      files: try await definition.ownFiles(firmware: firmware, share: bench.share) {
        console.note($0)
      },
      name: name, port: port, lifetime: .detached
    ) { console.note($0) }
    let server = try ADBServer(environment: ProcessInfo.processInfo.environment)
    try await ADBDevice(serial: machine.serial, server: server)
      .waitUntilReady(timeout: .seconds(60))
    console.print("\(machine.name) is up: adb serial \(machine.serial)")
  }
}

struct DeviceStop: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Stop virtual devices.")

  @OptionGroup var common: CommonOptions

  @Argument(help: "Names of virtual devices.")
  var names: [String] = []

  @Flag(help: "Stop all of them.")
  var all = false

  func validate() throws {
    guard all != !names.isEmpty else {
      throw ValidationError("name the virtual devices to stop, or give --all")
    }
  }

  func run() async throws {
    let machines = all ? try VirtualMachine.list() : try names.map { try VirtualMachine.find($0) }
    let server = try? ADBServer(environment: ProcessInfo.processInfo.environment)
    for machine in machines {
      try? await server?.disconnect(machine.serial)
      try await machine.stop()
      common.console.note("\(machine.name) is stopped")
    }
  }
}

struct DeviceReset: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset",
    abstract: "Switch a virtual device's power off and on, without asking it.",
    discussion: """
      It boots the same firmware; what was not synced is lost. For trying out a power_cycle hook.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "Name of a virtual device.")
  var name: String

  func run() async throws {
    try await VirtualMachine.find(name).powerCycle(timeout: .seconds(120))
    common.console.note("\(name) has restarted")
  }
}

struct DeviceShell: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shell",
    abstract: "Run a command on a device; exits with the command's exit code.")

  @OptionGroup var common: CommonOptions

  @Argument(help: "The device.")
  var name: String

  @Argument(parsing: .postTerminator, help: "The command, after '--'.")
  var command: [String]

  @Option(help: "Seconds after which the command is given up.")
  var timeout = 60

  func run() async throws {
    let made = try await reach(name)
      .exec(command.joined(separator: " "), timeout: .seconds(timeout))
    FileHandle.standardOutput.write(Data(made.standardOutput))
    FileHandle.standardError.write(Data(made.standardError))
    if made.exitCode != 0 { throw ExitCode(made.exitCode) }
  }
}

struct DevicePush: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push", abstract: "Copy a file to a device.")

  @OptionGroup var common: CommonOptions

  @Argument(help: "The device.")
  var name: String

  @Argument(help: "File on this machine.")
  var source: String

  @Argument(help: "Path on the device.")
  var target: String

  func run() async throws {
    let attributes = try? FileManager.default.attributesOfItem(atPath: source)
    let mode = (attributes?[.posixPermissions] as? NSNumber)?.uint32Value ?? 0o644
    try await reach(name).push(source, to: target, mode: mode)
  }
}

struct DevicePull: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Copy a file from a device.")

  @OptionGroup var common: CommonOptions

  @Argument(help: "The device.")
  var name: String

  @Argument(help: "Path on the device.")
  var source: String

  @Argument(help: "File on this machine.")
  var target: String

  func run() async throws {
    try await reach(name).pull(source, to: target)
  }
}

struct DeviceImage: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "image",
    abstract: "Build the images of virtual devices, which booting does by itself when needed.",
    discussion: """
      Kernel 5.10-armmp carries no types (BTF), which probes need. They are kept for its virtual \
      devices once they are given, or made from its debug information:

        latgate device image 5.10-armmp --btf vmlinux.btf.xz
        latgate device image 5.10-armmp --debug-package
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "Kernels, such as 6.1.")
  var kernels: [VirtualKernel] = []

  @Flag(help: "Build the images of all kernels.")
  var all = false

  @Option(help: "Types of the one kernel named, which carries none: BTF or vmlinux, also packed.")
  var btf: String?

  @Option(help: "Build-id of the kernel that bare BTF belongs to.")
  var btfBuildID: String?

  @Flag(help: "Make those types from Debian's debug package: some 570 MB are fetched.")
  var debugPackage = false

  func validate() throws {
    guard btf != nil || debugPackage else {
      if btfBuildID != nil { throw ValidationError("--btf-build-id needs --btf") }
      return
    }
    guard kernels.count == 1, !all, (btf != nil) != debugPackage else {
      throw ValidationError("name one kernel, and either --btf or --debug-package")
    }
  }

  func run() async throws {
    let console = common.console
    if btf != nil || debugPackage {
      return try await keepTypes(of: kernels[0], console)
    }
    for kernel in all ? VirtualKernel.allCases : (kernels.isEmpty ? [.v6_1] : kernels) {
      let image = try await VirtualImage.prepare(kernel: kernel) { console.note($0) }
      console.print("\(kernel.rawValue): \(image.kernelPath)")
    }
  }

  private func keepTypes(of kernel: VirtualKernel, _ console: Console) async throws {
    let image = try await VirtualImage.prepare(kernel: kernel) { console.note($0) }
    let reader = KernelFileReader(cache: try .ofUser())
    let found: KernelFile
    if let btf {
      found = try await reader.read(btf, buildID: btfBuildID)
    } else {
      found = try await image.withDebugInformation(progress: { console.note($0) }) { vmlinux in
        try await reader.read(vmlinux)
      }
    }
    let path = try image.keepTypes(found.types.bytes, buildID: found.buildID)
    console.print("\(kernel.rawValue): \(path)")
  }
}

extension VirtualKernel: ExpressibleByArgument {}
