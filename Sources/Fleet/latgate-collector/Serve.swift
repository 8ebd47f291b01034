#if Collector
  import ArgumentParser
  import FleetCollector
  import Foundation

  struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Takes reports until SIGTERM.",
      discussion: """
        Devices come by TLS with certificates of --device-authority; the common name is the device. \
        With --trial, an authority, the collector's certificate and those of a few devices are made in the \
        directory 'trial', and the collector listens on loopback only. SIGHUP has it read its certificate \
        and --deny again.
        """)

    @OptionGroup var options: StoreOptions
    @Option(
      help: ArgumentHelp(
        "Where devices send to. Port 0 is any that is free.",
        discussion: "Default: 0.0.0.0:8443, with --trial 127.0.0.1:8443.", valueName: "host:port"))
    var listen: String?
    @Option(
      help: ArgumentHelp("Where the dashboard, /health and /metrics are.", valueName: "host:port"))
    var operate = "127.0.0.1:9464"
    @Option(help: ArgumentHelp("The collector's certificate chain (PEM).", valueName: "file"))
    var certificate: String?
    @Option(help: ArgumentHelp("Its private key (PEM).", valueName: "file"))
    var key: String?
    @Option(help: ArgumentHelp("The authority of devices' certificates (PEM).", valueName: "file"))
    var deviceAuthority: String?
    @Flag(help: "Make all certificates and listen on 127.0.0.1.")
    var trial = false
    @Option(help: ArgumentHelp("Devices of a trial: device-1, device-2 ...", valueName: "count"))
    var devices = 2
    @Option(
      help: ArgumentHelp(
        "Directory of a repository of campaigns that devices get from here as well.",
        discussion: "Any web server can do that in its place: the files are signed.",
        valueName: "directory"))
    var repository: String?
    @Option(
      help: ArgumentHelp(
        "Take reports of this campaign; may be repeated. Without it, of all.", valueName: "name"))
    var campaign: [String] = []
    @Option(
      help: ArgumentHelp(
        "Common names of devices that are shut out, a line each; read again at SIGHUP.",
        valueName: "file"))
    var deny: String?
    @Option(
      help: ArgumentHelp("Reports that one device may send a day, and at once.", valueName: "count")
    )
    var quota = 128
    @Option(
      help: ArgumentHelp(
        "Requests that one device may make a day, and at once, beside its reports: polls, above all. Each "
          + "64 KiB of a file count as one more.", valueName: "count"))
    var requests = 10_000
    @Option(help: ArgumentHelp("Size of a segment of the log.", valueName: "KiB"))
    var segment = 65536

    func validate() throws {
      guard trial || (certificate != nil && key != nil && deviceAuthority != nil) else {
        throw ValidationError(
          "give --certificate, --key and --device-authority, or --trial to have them made")
      }
      let counts = 1...1_000_000_000
      guard counts.contains(quota) else { throw ValidationError("--quota is 1 to 1000000000") }
      guard counts.contains(requests) else {
        throw ValidationError("--requests is 1 to 1000000000")
      }
      guard (16...1_048_576).contains(segment) else {
        throw ValidationError("--segment is 16 to 1048576")
      }
      guard (0...1000).contains(devices) else { throw ValidationError("--devices is 0 to 1000") }
    }

    func run() async throws {
      let store = try options.store()
      var settings = CollectorServer.Settings(
        store: store,
        devices: try Self.address(listen ?? (trial ? "127.0.0.1:8443" : "0.0.0.0:8443")),
        operators: try Self.address(operate), certificates: try certificates(store))
      settings.rules.burst = quota
      settings.rules.perDay = quota
      settings.requests = requests
      if trial {
        // Its devices ask every few seconds, and one may stand for many.
        settings.requests = max(requests, 1_000_000)
        settings.connectionsPerDevice = 1000
      }
      settings.rules.campaigns = Set(campaign)
      settings.repository = repository
      settings.denied = deny
      settings.limits.segmentBytes = UInt64(segment) << 10
      try await CollectorServer(settings, say: Self.say).run()
    }

    /// Writes a line at once: scripts wait for it.
    private static func say(_ line: String) {
      // Where a full disk gets the lines, the collector goes on without them.
      try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    }

    private func certificates(_ store: CollectorStore) throws -> CertificateFiles {
      guard trial else {
        return CertificateFiles(
          chain: certificate ?? "", key: key ?? "", deviceAuthority: deviceAuthority ?? "")
      }
      let authority = try TrialAuthority(directory: store.trialPath)
      for number in 0..<devices { try authority.issue(device: "device-\(number + 1)") }
      Self.say("certificates: \(store.trialPath)")
      return authority.files
    }

    private static func address(_ text: String) throws -> CollectorServer.Address {
      guard let colon = text.lastIndex(of: ":"),
        let port = UInt16(text[text.index(after: colon)...]),
        colon > text.startIndex
      else { throw ValidationError("\"\(text)\" is not host:port") }
      let host = text[..<colon].trimmingPrefix("[")
      return CollectorServer.Address(
        host: String(host.hasSuffix("]") ? host.dropLast() : host), port: Int(port))
    }
  }
#endif
