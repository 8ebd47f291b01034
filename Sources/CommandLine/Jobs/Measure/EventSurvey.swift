import Catalogs
import Devices
import Experiments
import Foundation
import KernelEvents

/// Shows what can be measured on a device.
package struct EventSurvey: Sendable {
  private let bench: Workbench
  private let wait: Duration

  private static let usdtPrefix = "usdt:"

  package init(bench: Workbench, wait: Duration) {
    self.bench = bench
    self.wait = wait
  }

  /// Lines for people: events that have a word in their name, or the fields of the only one; of
  /// `usdt:PATH` the USDT probes of that file.
  ///
  /// - Throws: `UnknownNameError` where nothing is near, `MeasureError` for a file without probes, `DeviceError`.
  package func text(of word: String, on name: String) async throws -> String {
    let console = bench.console
    let target = try await bench.laneFactory(
      wait: wait, waiting: { console.note($0) }, progress: { console.note($0) }
    )
    .single(device: name, id: "events-\(getpid())")
    defer { target.release() }
    guard let lane = target.lanes.first else {
      throw DeviceError.notFound(device: name, known: [])
    }
    do {
      let device = try await lane.start(firmware: "reference").device
      let identity = try await device.identify()
      let text: String
      if word.hasPrefix(Self.usdtPrefix) {
        let reader = ProgramFileReader(
          device: device, abi: try Plan.abi(identity, device: device.name))
        text = try await reader.known(String(word.dropFirst(Self.usdtPrefix.count)), function: "")
          .usdtListing()
      } else {
        text = try await EventReader(device: device, identity: identity).listing(of: word)
      }
      await lane.finish()
      return text
    } catch {
      await lane.finish()
      throw error
    }
  }
}

extension KnownFile {
  /// A line for each USDT probe, with what its arguments are.
  fileprivate func usdtListing() throws(MeasureError) -> String {
    if let fault = objection ?? usdtObjection.map({ "has USDT notes that cannot be read: \($0)" }) {
      throw MeasureError(
        "\(path) \(fault)", suggestion: suggestion,
        remedy: "name a program or library as it lies on the device", line: path,
        range: 0..<path.count)
    }
    guard !usdt.isEmpty else {
      throw MeasureError(
        "\(path) has no USDT probes", remedy: "builds without them have no .note.stapsdt",
        line: path, range: 0..<path.count)
    }
    return usdt.map { probe in
      let arguments = probe.arguments.enumerated().map { index, argument in
        "\n  arg\(index)"
          + (argument.objection.map { " \($0)" }
            ?? ": \(argument.size) bytes\(argument.isSigned ? ", with a sign" : "")")
      }
      return probe.name + arguments.joined()
    }.joined(separator: "\n")
  }
}

extension EventReader {
  /// Events with a word in their name; of one alone, its fields.
  fileprivate func listing(of word: String) async throws -> String {
    let wanted = word.replacing("/", with: ":")
    let events = try await events()
    let found = events.contains(wanted) ? [wanted] : events.filter { $0.contains(wanted) }.sorted()
    guard let only = found.first else {
      throw UnknownNameError(kind: "event", name: word, known: events)
    }
    guard found.count == 1 else { return found.joined(separator: "\n") }
    guard let format = try await format(of: only) else { return only }
    let fields = format.fields.map { field in
      let names = format.names[field.name].map { names in
        " = "
          + names.sorted { $0.key < $1.key }.map { "\($0.value) (\($0.key))" }
          .joined(separator: ", ")
      }
      return "  \(field.name): \(field.type)\(field.isArray ? "[]" : "")\(names ?? "")"
    }
    return ([only] + fields).joined(separator: "\n")
  }
}
