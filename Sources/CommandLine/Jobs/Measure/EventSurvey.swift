import ADB
import Catalogs
import Devices
import Experiments
import Foundation
import KernelEvents

/// Shows what can be measured on a device.
package struct EventSurvey: Sendable {
  private let bench: Workbench
  private let wait: Duration

  package init(bench: Workbench, wait: Duration) {
    self.bench = bench
    self.wait = wait
  }

  /// Lines for people: events that have a word in their name, or the fields of the only one.
  /// - Throws: `UnknownName` where nothing is near, `DeviceError`.
  package func text(of word: String, on name: String) async throws -> String {
    let console = bench.console
    let target = try await LaneFactory(
      catalog: bench.catalog,
      server: try ADBServer(environment: ProcessInfo.processInfo.environment), share: bench.share,
      leases: try .ofThisCommand(wait: wait) { console.note($0) }
    ) { console.note($0) }
    .single(device: name, id: "events-\(getpid())")
    defer { target.release() }
    guard let lane = target.lanes.first else {
      throw DeviceError.notFound(device: name, known: [])
    }
    do {
      let device = try await lane.start(firmware: "reference").device
      let reader = EventReader(device: device, identity: try await device.identify())
      let text = try await reader.listing(of: word)
      await lane.finish()
      return text
    } catch {
      await lane.finish()
      throw error
    }
  }
}

extension EventReader {
  /// Events with a word in their name; of one alone, its fields.
  fileprivate func listing(of word: String) async throws -> String {
    let wanted = word.replacing("/", with: ":")
    let events = try await events()
    let found = events.contains(wanted) ? [wanted] : events.filter { $0.contains(wanted) }.sorted()
    guard let only = found.first else {
      throw UnknownName(kind: "event", name: word, known: events)
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
