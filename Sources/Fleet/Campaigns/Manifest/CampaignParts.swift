/// A histogram that a report may hold.
package struct CampaignMetric: Sendable, Equatable {
  /// Its number in the bundle and in reports, 1...65535.
  package var id: Int
  /// As in the probe's manifest, such as `fsync.latency`.
  package var name: String
  package var probe: String

  package init(id: Int, name: String, probe: String) {
    self.id = id
    self.name = name
    self.probe = probe
  }

  init(_ value: CanonicalValue) throws(MetadataError) {
    let reader = try ValueReader(value, "campaign: a metric")
    id = Int(try reader.integer("id", in: 1...65535))
    name = try reader.text("name")
    probe = try reader.text("probe")
  }

  var value: CanonicalValue {
    ["id": .integer(Int64(id)), "name": .string(name), "probe": .string(probe)]
  }
}

/// When devices measure. All lengths are seconds.
package struct CampaignSchedule: Sendable, Equatable {
  package var starts: MetadataTime
  package var ends: MetadataTime
  /// How long a device takes part, from when it took the campaign.
  package var duration: Int64
  /// One window is opened in every so many seconds.
  package var every: Int64
  /// How long a window is open.
  package var window: Int64
  /// How long a device goes on after a poll that listed the campaign: what a revoke takes at most.
  package var lease: Int64

  package init(
    starts: MetadataTime, ends: MetadataTime, duration: Int64, every: Int64, window: Int64,
    lease: Int64
  ) {
    self.starts = starts
    self.ends = ends
    self.duration = duration
    self.every = every
    self.window = window
    self.lease = lease
  }

  init(_ reader: ValueReader) throws(MetadataError) {
    starts = try reader.time("starts")
    ends = try reader.time("ends")
    duration = try reader.integer("duration_seconds")
    every = try reader.integer("every_seconds")
    window = try reader.integer("window_seconds")
    lease = try reader.integer("lease_seconds")
  }

  var value: CanonicalValue {
    [
      "duration_seconds": .integer(duration), "ends": .string(ends.description),
      "every_seconds": .integer(every), "lease_seconds": .integer(lease),
      "starts": .string(starts.description), "window_seconds": .integer(window),
    ]
  }

  func check() throws(MetadataError) {
    guard starts < ends else { throw .malformed("campaign: it ends before it starts") }
    guard (1...(90 * 86400)).contains(duration) else {
      throw .malformed("campaign: its duration is not 1 s to 90 days")
    }
    guard (1...86400).contains(window), (window...(30 * 86400)).contains(every) else {
      throw .malformed("campaign: a window is 1 s to a day, and fits into the time between two")
    }
    guard (60...(7 * 86400)).contains(lease) else {
      throw .malformed("campaign: its lease is not 1 minute to 7 days")
    }
  }
}

/// What a campaign may cost a device.
package struct CampaignBudgets: Sendable, Equatable {
  /// Millionths of one CPU inside windows.
  package var cpu: Int64
  /// Bytes of maps and agent.
  package var memory: Int64
  /// Bytes of reports.
  package var uploadPerDay: Int64
  /// Charge in percent below which no window opens, unless the device is charging.
  package var batteryFloor: Int64

  package init(
    cpu: Int64 = 10_000, memory: Int64 = 16 << 20, uploadPerDay: Int64 = 64 << 10,
    batteryFloor: Int64 = 30
  ) {
    self.cpu = cpu
    self.memory = memory
    self.uploadPerDay = uploadPerDay
    self.batteryFloor = batteryFloor
  }

  init(_ reader: ValueReader) throws(MetadataError) {
    cpu = try reader.integer("cpu_ppm")
    memory = try reader.integer("memory_bytes")
    uploadPerDay = try reader.integer("upload_bytes_per_day")
    batteryFloor = try reader.integer("battery_floor_percent")
  }

  var value: CanonicalValue {
    [
      "battery_floor_percent": .integer(batteryFloor), "cpu_ppm": .integer(cpu),
      "memory_bytes": .integer(memory), "upload_bytes_per_day": .integer(uploadPerDay),
    ]
  }

  func check() throws(MetadataError) {
    guard (1...1_000_000).contains(cpu) else {
      throw .malformed("campaign: the CPU budget is not 1 to 1000000 millionths")
    }
    guard ((64 << 10)...(256 << 20)).contains(memory) else {
      throw .malformed("campaign: the memory budget is not 64 KiB to 256 MiB")
    }
    guard (4096...(64 << 20)).contains(uploadPerDay) else {
      throw .malformed("campaign: the upload budget is not 4 KiB to 64 MiB a day")
    }
    guard (0...100).contains(batteryFloor) else {
      throw .malformed("campaign: the battery floor is not 0 to 100 percent")
    }
  }
}

/// What of a person's doing may leave the device; nothing without an opt-in that is signed.
package struct CampaignPrivacy: Sendable, Equatable {
  /// Whether reports keep labels apart, such as the file system or the block device.
  package var keys: Bool

  package init(keys: Bool = false) { self.keys = keys }

  init(_ reader: ValueReader) throws(MetadataError) { keys = try reader.bool("keys") }

  var value: CanonicalValue { ["keys": .bool(keys)] }
}

/// The package of probes for one ABI.
package enum CampaignBundle {
  /// Bytes, at most.
  package static let mostBytes = 4 << 20
}
