import Catalogs
import Devices
import Foundation
import Testing
import VirtualDevices

@testable import Experiments

/// What names of devices mean, the same for all commands.
@Suite struct NamedDeviceTests {
  /// A catalogue with device files alone.
  private struct Files: CatalogFiles {
    let files: [String: String]

    private static let directory = "targets/devices/"

    func displayName(_ path: String) -> String { path }

    func manifests(in directory: String) -> [String]? {
      directory + "/" == Self.directory ? files.keys.sorted() : []
    }

    func read(_ path: String) -> String {
      files[String(path.dropFirst(Self.directory.count))] ?? ""
    }

    func exists(_ path: String) -> Bool {
      files[String(path.dropFirst(Self.directory.count))] != nil
    }
  }

  private func catalog() throws -> Catalog {
    try Catalog.load([
      Files(files: [
        "board.yaml": "device: board\nkind: ssh\naddress: root@board.lab\n",
        "one.yaml": "device: one\nkind: adb\nserial: A1\nbtf: {file: one.btf}\nprivilege: su\n",
        "any.yaml": "device: any\nkind: adb\n",
        "machine.yaml":
          "device: machine\nkind: virtual\nfirmwares: {reference: {kernel: \"6.1\"}}\n",
      ])
    ])
  }

  @Test(arguments: [
    ("one", "one" as String?, DeviceAddress.server(serial: "A1")),
    ("any", "any", .server(serial: "")),
    ("machine", "machine", .local), ("one@tcp:h:7", "one", .tcp(host: "h", port: 7)),
    ("one@B 2", "one", .server(serial: "B 2")), ("any@usb:1-2", "any", .usb(selector: "1-2")),
    ("A1", nil, .server(serial: "A1")), ("me@home", nil, .server(serial: "me@home")),
    ("tcp:h:7", nil, .tcp(host: "h", port: 7)), ("local", nil, .local),
  ])
  func aNameIsAFileAnAddressOrBoth(name: String, file: String?, address: DeviceAddress) throws {
    let named = try NamedDevice(name, in: catalog())
    #expect(named.definition?.name == file)
    #expect(named.address == address)
  }

  /// No device that comes back would have one of these names.
  @Test(arguments: [
    "tcp:h:99999", "tcp:h:0", "tcp:", "ssh:h:99999", "any@tcp:h:99999", "./board.yaml",
    "board.yaml", "/no/board",
  ])
  func whatCanBeNoDeviceIsRefused(name: String) throws {
    #expect(throws: DeviceNameError.self) { try NamedDevice(name, in: catalog()) }
  }

  /// Device files refuse what is no address; what they take is the one that their writer means.
  @Test(arguments: [
    ("tcp:h:7", true), ("tcp:h", true), ("tcp:[::1]:7", true), ("tcp:[::1]", true),
    ("tcp:h:65535", true), ("tcp:h:65536", false), ("tcp:h:0", false), ("tcp:", false),
    ("tcp:a:b:c", false), ("tcp:h:", false), ("tcp::7", false), ("usb:", true), ("usb:A1", true),
  ])
  func filesTakeTheAddressesThatThereAre(text: String, isAddress: Bool) throws {
    let file = "device: d\nkind: adb\nserial: '\(text)'\n"
    guard isAddress else {
      #expect(throws: CatalogError.self) { try DeviceDefinition.parse(file, file: "d.yaml") }
      #expect(DeviceAddress(text) == .server(serial: text))
      return
    }
    let address = try #require(try DeviceDefinition.parse(file, file: "d.yaml").ownAddress)
    #expect(address == DeviceAddress(text))
    if case .server = address { Issue.record("\(text) is taken for a serial number") }
  }

  @Test(arguments: [
    ("root@board", true), ("board:22", true), ("[::1]:22", true), ("::1", true),
    ("fe80::1%eth0", true), ("board:70000", false), ("board:0", false), ("root@", false),
    ("-oProxyCommand=x", false), ("a b", false),
  ])
  func filesTakeTheBoardsThatThereAre(text: String, isAddress: Bool) throws {
    let file = "device: d\nkind: ssh\naddress: '\(text)'\n"
    guard isAddress else {
      #expect(throws: CatalogError.self) { try DeviceDefinition.parse(file, file: "d.yaml") }
      return
    }
    guard case .ssh = try DeviceDefinition.parse(file, file: "d.yaml").ownAddress else {
      Issue.record("\(text) is no board")
      return
    }
  }

  /// The list that files are held against is that of the machines.
  @Test func filesNameTheKernelsThatMachinesHave() {
    #expect(VirtualFirmwareDefinition.kernels == VirtualKernel.allCases.map(\.rawValue).sorted())
  }

  @Test func anAddressOfItsOwnMayHoldTheSign() throws {
    let named = try NamedDevice("ssh:root@board.lab", in: catalog())
    #expect(named.definition == nil)
    guard case .ssh(let target) = named.address else {
      Issue.record("\(named.address)")
      return
    }
    #expect((target.user, target.host) == ("root", "board.lab"))
  }

  @Test func aFileBringsAllThatItSaysToAnotherAddress() throws {
    let named = try NamedDevice("one@tcp:10.0.0.7", in: catalog())
    #expect(named.definition?.btf == .file(path: "one.btf", buildID: nil))
    #expect(named.definition?.privilegeWish == .su)
  }

  @Test func namesThatCanMeanNothingAreRefused() throws {
    let catalog = try catalog()
    #expect(throws: DeviceNameError.self) { try NamedDevice("machine@tcp:h:1", in: catalog) }
    #expect(throws: DeviceNameError.self) { try NamedDevice("one@", in: catalog) }
    #expect(
      throws: UnknownNameError(
        kind: "device file", name: "onne", known: Array(catalog.devices.keys))
    ) { try NamedDevice("onne@tcp:h:1", in: catalog) }
  }

  @Test func aNameNearlyThatOfAFileIsASlip() {
    let slips = NameSlip(known: ["machine", "one", "local"])
    func explained(_ name: String, _ error: DeviceError? = nil) -> String {
      let error = error ?? DeviceError.notFound(device: name, known: [])
      return slips.explaining(error, name: name) is UnknownNameError ? "slip" : "device"
    }
    #expect(explained("machin") == "slip")
    #expect(explained("locl") == "slip")
    // It may come back.
    #expect(explained("R58M123ABC") == "device")
    #expect(explained("machine") == "device")
    #expect(explained("tcp:machine") == "device")
    #expect(explained("machin", .offline(device: "machin", state: "offline")) == "device")
  }
}
