import ADB
import ArgumentParser
import Catalogs
import Devices
import Experiments
import Foundation
import Jobs
import KernelBTF
import ProbeBuild
import Reporting
import VirtualDevices

struct DeviceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "device",
    abstract: "List devices, boot and stop virtual ones, reach into any.",
    discussion: """
      A device is named by its virtual device's name, a device file, its adb serial, or 'local'; \
      FILE@ADDRESS is a device file's device at another address. No adb server is needed for 'tcp:HOST:PORT' and 'usb:SERIAL' (or 'usb:PATH'): latgate speaks adb itself. \
      Boards without adb are 'ssh:[USER@]HOST[:PORT]'.

        latgate device boot demo --firmware slow-disk
        latgate device shell demo -- uname -a
        latgate device stop demo
      """,
    subcommands: [
      DeviceList.self, DeviceWatch.self, DeviceWait.self, DeviceBoot.self, DeviceStop.self,
      DeviceReset.self, DeviceShell.self, DevicePush.self, DevicePull.self, DeviceReverse.self,
      DeviceBugReport.self, DeviceImage.self,
    ])
}

struct DeviceList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List devices: virtual ones, the adb server's, on USB, and those of device files.",
    discussion: """
      Each is asked what it is, all at once and for a limited time. The tier is what its shell can \
      see; 'latgate doctor --device' tries it.
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp("Time that a device gets to answer, such as 10s.", valueName: "time"))
  var timeout = TimeSpan(.seconds(10))

  @OptionGroup var output: FormatOptions<DeviceListing>

  func run() async throws {
    let console = common.console
    var scan = DeviceScan(common)
    scan.limit = timeout.duration
    let found = await scan.ask(try await scan.all())
    let listing = DeviceListing(found.map(\.row))
    try output.print(listing, console)
  }
}

struct DeviceBugReport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bugreport",
    abstract: "Collect a device's logs into a directory: dmesg, logcat, pstore, last_kmsg.",
    discussion: """
      Done by itself when a run fails. Exits 69 when the device gave nothing.

        latgate device bugreport ssh:root@board --output report
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "The device.", completion: .devices)
  var name: String

  @Option(
    help: ArgumentHelp("The directory.", discussion: "Default: bugreport-<time>."),
    completion: .directory)
  var output: String?

  func run() async throws {
    let console = common.console
    let directory = output ?? "bugreport-\(timestamp())"
    try ResultPlace.requireDirectory(directory)
    let written = try await DeviceScan(common).using(name) { device, wish in
      let known = PrivilegedDevice(device, wish: wish)
      _ = try await known.exec(titled("the first command", "true"), timeout: .seconds(20))
      return await BugReport(device: known).collect(into: directory)
    }
    console.print("\(directory): \((written + ["index.txt"]).joined(separator: ", "))")
    if written.isEmpty { throw ExitStatus.deviceUnavailable.code }
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
    let server = try ADBServer(environment: ProcessInfo.processInfo.environment)
    let machine = try await VirtualMachine.boot(
      firmware: try definition.machine(firmware: firmware),
      files: try await definition.ownFiles(
        firmware: firmware, catalog: bench.catalog, share: bench.share
      ) {
        console.note($0)
      },
      definition: definition.name, name: name, port: port, lifetime: .detached
    ) { console.note($0) }
    do {
      try await ADBDevice(serial: machine.serial, server: server)
        .waitUntilReady(timeout: .seconds(60))
    } catch {
      // Nobody would know that it runs. In a task of its own: a cancelled one waits for nothing.
      try? await Task.detached { try await machine.stop() }.value
      throw error
    }
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
    let machines = all ? try VirtualMachine.list() : try names.map(Self.running)
    let server = try? ADBServer(environment: ProcessInfo.processInfo.environment)
    for machine in machines {
      try? await server?.disconnect(machine.serial)
      try await machine.stop()
      common.console.note("\(machine.name) is stopped")
    }
  }
}

extension DeviceStop {
  /// The running virtual device of a name that was given.
  /// - Throws: `UnknownNameError` where there is none.
  static func running(_ name: String) throws -> VirtualMachine {
    do {
      return try VirtualMachine.find(name)
    } catch VirtualDeviceError.notRunning {
      throw UnknownNameError(
        kind: "running virtual device", name: name, known: try VirtualMachine.list().map(\.name))
    }
  }
}

struct DeviceReset: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reset",
    abstract: "Switch a virtual device's power off and on, without asking it.",
    discussion: """
      It boots the same firmware; what was not synced is lost. For trying out a power_cycle command.
      """)

  @OptionGroup var common: CommonOptions

  @Argument(help: "Name of a virtual device.", completion: .devices)
  var name: String

  func run() async throws {
    try await DeviceStop.running(name).powerCycle(timeout: .seconds(120))
    common.console.note("\(name) has restarted")
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

  @Option(
    help: "Types of the one kernel named, which carries none: BTF or vmlinux, also packed.",
    completion: .file())
  var btf: String?

  @Option(help: "Build-id of the kernel that bare BTF belongs to.")
  var btfBuildID: String?

  @Flag(help: "Make those types from Debian's debug package: some 570 MB are fetched.")
  var debugPackage = false

  func validate() throws {
    if btfBuildID != nil, btf == nil { throw ValidationError("--btf-build-id needs --btf") }
    guard !all || kernels.isEmpty else {
      throw ValidationError("--all is every kernel: give it or name kernels, not both")
    }
    guard btf != nil || debugPackage else { return }
    guard kernels.count == 1, (btf != nil) != debugPackage else {
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
      found = try await reader.read(btf, givenID: btfBuildID)
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
