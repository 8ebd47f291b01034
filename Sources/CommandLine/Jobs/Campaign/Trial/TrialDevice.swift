import Foundation
import VirtualDevices

/// What a device of a trial knows of its fleet: the field agent's configuration.
struct TrialDevice: Sendable {
  /// Common name of its certificate.
  var name: String
  var model: String
  var build: String
  /// Where it connects to; the certificate of the collector is for `localhost`.
  var address: String
  var port: UInt16
  /// Directory of certificates, and of the repository's first root.
  var authority: String
  var certificate: String
  var key: String
  var root: String
  var state: String
  /// Seconds between two polls.
  var poll: Int
  /// Whether it asks for campaigns; one that does not sends what its spool holds.
  var isPolling = true

  /// `field.conf`.
  var configuration: String {
    // Nobody listens there.
    let repository = isPolling ? "" : "repository = https://localhost:1/\n"
    return """
      server = https://localhost:\(port)/
      address = \(address)
      authority = \(authority)
      certificate = \(certificate)
      key = \(key)
      root = \(root)
      state = \(state)
      model = \(model)
      build = \(build)
      poll-seconds = \(poll)
      settle-seconds = 0
      \(repository)
      """
  }
}

/// A virtual device whose firmware brings the field agent as a service of its init.
struct TrialMachine: Sendable {
  /// Where the host's loopback is, seen from a virtual device.
  static let hostAddress = "10.0.2.2"
  static let model = "virtual"
  /// Seconds between two polls: half of what a device goes on without one.
  static let poll = 6

  private static let directory = "etc/latgate"
  private static let stateDirectory = "/data/latgate"

  /// Common name of its certificate.
  var name: String
  var build: String
  /// Paths on this machine.
  var fieldAgent: String
  var loadHelper: String
  var root: String

  /// Everything that its firmware has beyond the image.
  /// - Throws: what reading a file throws.
  func files(_ collector: TrialCollector) throws -> [GuestFile] {
    let device = TrialDevice(
      name: name, model: Self.model, build: build, address: Self.hostAddress,
      port: collector.devicePort, authority: "/\(Self.directory)/authority.pem",
      certificate: "/\(Self.directory)/device.pem", key: "/\(Self.directory)/device.key",
      root: "/\(Self.directory)/root.json", state: "\(Self.stateDirectory)/field", poll: Self.poll)
    func file(_ path: String, from source: String, mode: UInt32 = 0o644) throws -> GuestFile {
      GuestFile(
        path: path, content: Array(try Data(contentsOf: URL(fileURLWithPath: source))), mode: mode)
    }
    return [
      try file("usr/bin/latgate-field", from: fieldAgent, mode: 0o755),
      try file("usr/bin/latgate-load", from: loadHelper, mode: 0o755),
      try file("\(Self.directory)/authority.pem", from: collector.certificateFile("authority.pem")),
      try file("\(Self.directory)/device.pem", from: collector.certificateFile("\(name).pem")),
      try file(
        "\(Self.directory)/device.key", from: collector.certificateFile("\(name).key"), mode: 0o600),
      try file("\(Self.directory)/root.json", from: root),
      GuestFile(
        path: "\(Self.directory)/field.conf", content: Array(device.configuration.utf8), mode: 0o644
      ),
      GuestFile(
        path: "etc/init.d/S90latgate-field", content: Array(Self.service.utf8), mode: 0o755),
    ]
  }

  /// Starts the agent, and something that has to wait for the disk.
  private static var service: String {
    """
    #!/bin/busybox sh
    # The device has no clock that survives a boot.
    date -u -s @\(Int(Date().timeIntervalSince1970)) >/dev/null
    mkdir -p \(stateDirectory)
    (while :; do
      /usr/bin/latgate-load fsync --path /data/local/tmp --ops 100000 >/dev/null 2>&1
      usleep 100000
    done) &
    (while :; do
      /usr/bin/latgate-field run /\(directory)/field.conf
      echo "latgate: the field agent ended with code $?"
      sleep 1
    done) &

    """
  }
}
