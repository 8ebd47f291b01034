import ADB
import ArgumentParser
import Devices
import Foundation
import Jobs

struct DeviceWatch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Print what the adb server's devices do, until interrupted.",
    discussion: "One line for every device that comes, goes, or changes its state.")

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let console = common.console
    do {
      let server = try ADBServer(environment: ProcessInfo.processInfo.environment)
      let tracker = try await server.track()
      defer { tracker.close() }
      var known: [UInt64: ListedDevice] = [:]
      while true {
        let listed = try await tracker.next()
        let now = Dictionary(listed.map { ($0.transportID, $0) }) { first, _ in first }
        for device in known.values where now[device.transportID] == nil {
          console.print("\(device.serial)\tgone")
        }
        for device in listed where known[device.transportID]?.state != device.state {
          let id = "\(ServerSelector.idPrefix)\(device.transportID)"
          let words = [device.serial, device.state.word, device.path, device.model, id]
          console.print(words.filter { !$0.isEmpty }.joined(separator: "\t"))
        }
        if Console.hasNoReader { return }
        known = now
      }
    } catch let error as ADBError {
      throw DeviceError(error, device: "adb", operation: "watching")
    }
  }
}

struct DeviceWait: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Wait until a device is in a state.")

  @OptionGroup var common: CommonOptions

  @Argument(help: "The device.", completion: .devices)
  var name: String

  @Option(
    help: "What to wait for: \(AwaitedState.allCases.map(\.rawValue).joined(separator: ", ")).")
  var state: AwaitedState = .device

  @Option(help: ArgumentHelp("Time after which it is given up, such as 2m.", valueName: "time"))
  var timeout = TimeSpan(.seconds(120))

  func run() async throws {
    let scan = DeviceScan(common)
    guard let found = try await scan.device(name) as? ADBDevice else {
      throw ValidationError("\(name) does not speak adb: it has no such states")
    }
    do {
      try await found.transport.wait(until: state, timeout: timeout.duration)
    } catch let error as ADBError {
      throw DeviceError(error, device: name, operation: "waiting for the state \(state.rawValue)")
    }
  }
}

extension AwaitedState: ExpressibleByArgument {}
