#if Collector
  import FleetLog
  import Foundation
  import Hummingbird
  import HummingbirdCore
  import HummingbirdTLS
  import Logging
  import NIOCore
  import NIOSSL
  import POSIXSupport
  import ServiceLifecycle
  import UnixSignals

  /// A collector from its start to its end.
  package struct CollectorServer: Sendable {
    package struct Address: Sendable, Equatable {
      package var host: String
      /// 0 = any that is free.
      package var port: Int

      package init(host: String, port: Int) {
        self.host = host
        self.port = port
      }
    }

    package struct Settings: Sendable {
      package var store: CollectorStore
      /// Where devices send to.
      package var devices: Address
      /// Where operators ask.
      package var operators: Address
      package var certificates: CertificateFiles
      package var rules = ReportIntake.Rules()
      package var limits = ReportLog.Limits()
      package var connections = 10_000
      /// Requests that one device may make a day, and at once, beside its reports.
      package var requests = 10_000
      /// Connections of one device. An agent has one; those that its network lost stay until they were
      /// idle for long enough.
      package var connectionsPerDevice = 16
      /// Directory of the repository of campaigns that devices get from here; nil = they get it
      /// elsewhere.
      package var repository: String?
      /// File of the names of devices that are shut out.
      package var denied: String?

      package init(
        store: CollectorStore, devices: Address, operators: Address, certificates: CertificateFiles
      ) {
        self.store = store
        self.devices = devices
        self.operators = operators
        self.certificates = certificates
      }
    }

    /// A connection that says nothing for so long is closed.
    private static let idleLimit = TimeAmount.seconds(75)
    private static let stopLimit = Duration.seconds(25)

    private let settings: Settings
    private let say: @Sendable (String) -> Void

    /// `say` gets what the person who started it should read, a line each.
    package init(_ settings: Settings, say: @escaping @Sendable (String) -> Void) {
      self.settings = settings
      self.say = say
    }

    /// Serves until SIGTERM or SIGINT; then answers what was received, and closes log and index.
    /// - Throws: ``LogError``; what TLS and sockets throw.
    package func run() async throws {
      // Whoever read what is said may be gone.
      BrokenPipe.ignoreSignal()
      let store = settings.store
      let metrics = CollectorMetrics()
      let key = try PseudonymKey(path: store.keyPath)
      let served = try ServedCertificate(settings.certificates)
      let gate = DeviceGate(
        perDay: settings.requests + settings.rules.perDay,
        connections: settings.connectionsPerDevice)
      if let path = settings.denied { gate.deny(try DeniedDevices.read(path)) }
      let index = try store.startingIndex(key: key, say: say)
      let indexer = Indexer(index, directory: store.log)
      let lines = TroubleLines(say: say)
      let (log, found) = try ReportLog.open(store.log, limits: settings.limits) { batch in
        metrics.count(batch)
        indexer.follow(to: batch.durable)
        lines.note(
          batch.trouble.map { "\($0)" } ?? indexer.fault.map { "the index does not follow: \($0)" })
      }
      let audit = try AuditLog(path: store.auditPath)
      try note(found, audit)
      if found.damagedBytes > 0 {
        // Its places in the log have changed. What other collectors wrote to the index is not for
        // this one to remove.
        if !index.isShared { try store.index.remove() }
        await log.close()
        throw LogError(
          .damaged, path: store.log.path,
          reason:
            "\(found.damagedBytes) bytes of acknowledged reports are damaged; the next start goes on "
            + "without them, the file is kept as \(found.aside ?? "-")"
            + (index.isShared ? "; make the index anew before, with rebuild" : ""))
      }
      indexer.follow(to: log.durable)
      let intake = ReportIntake(
        log: log, key: key, rules: settings.rules, metrics: metrics,
        owners: SlotOwners(log: log, indexer: indexer, index: index))
      let services = try [
        deviceService(intake, gate, metrics, served),
        operatorService(log, indexer, metrics, served, index),
      ]
      let hangups = await UnixSignalsSequence(trapping: .sighup)
      let rereading = Task { for await _ in hangups { reread(served, gate, audit) } }
      var logger = Logger(label: "latgate.collector")
      logger.logLevel = .error
      var configuration = ServiceGroupConfiguration(
        services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
      configuration.maximumGracefulShutdownDuration = Self.stopLimit
      var failure: (any Error)?
      do { try await ServiceGroup(configuration: configuration).run() } catch { failure = error }
      rereading.cancel()
      await log.close()
      indexer.follow(to: log.durable)
      await indexer.finish()
      try audit.note("stopped", ["refused": "\(metrics.refused)"], at: WallClock.milliseconds)
      if let failure { throw failure }
    }

    private func note(_ found: LogOpening, _ audit: AuditLog) throws {
      var fields = [
        "segments": "\(found.sealedSegments)", "torn_bytes": "\(found.tornBytes)",
        "damaged_bytes": "\(found.damagedBytes)",
      ]
      fields["aside"] = found.aside
      try audit.note("started", fields, at: WallClock.milliseconds)
      if found.tornBytes > 0 {
        say(
          "log: \(found.tornBytes) bytes behind the last batch were cut off; nobody got an answer for "
            + "them (kept as \(found.aside ?? "-"))")
      }
    }

    /// Reads again what may change while it serves. What cannot be read stays as it was.
    private func reread(_ served: ServedCertificate, _ gate: DeviceGate, _ audit: AuditLog) {
      func attempt(_ what: String, _ body: () throws -> Void) {
        do {
          try body()
          say("\(what) was read again")
        } catch {
          say("\(what) could not be read, and stays as it was: \(error)")
        }
      }
      attempt("the certificate") { try served.reload() }
      if let path = settings.denied {
        attempt(path) {
          let names = try DeniedDevices.read(path)
          gate.deny(names)
          try audit.note("denied", ["devices": "\(names.count)"], at: WallClock.milliseconds)
        }
      }
    }

    private func deviceService(
      _ intake: ReportIntake, _ gate: DeviceGate, _ metrics: CollectorMetrics,
      _ served: ServedCertificate
    ) throws -> any Service {
      let openFiles = ConnectionLimit.openFiles
      let connections = ConnectionLimit.fitting(settings.connections, openFiles: openFiles)
      if connections < settings.connections {
        say(
          "connections: \(connections) at once and not \(settings.connections), as this process may have "
            + "\(openFiles) files open (ulimit -n, LimitNOFILE=)")
      }
      let responder = DeviceResponder(
        intake: intake, gate: gate, names: ConnectionNames(gate: gate), metrics: metrics,
        repository: settings.repository.map(RepositoryFiles.init))
      let configuration = HTTP1Channel.Configuration(
        idleTimeout: Self.idleLimit,
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: 4096, maxHeaderListSize: 8192, maxHeaderFieldCount: 50))
      return Application(
        responder: responder,
        server: try .tls(
          .http1(configuration: configuration), tlsConfiguration: served.tls()),
        configuration: .init(
          address: .hostname(settings.devices.host, port: settings.devices.port), backlog: 1024,
          availableConnectionsDelegate: MaximumAvailableConnections(connections)),
        onServerRunning: { channel in announce("devices", "https", channel) },
        logger: Self.quiet)
    }

    private func operatorService(
      _ log: ReportLog, _ indexer: Indexer, _ metrics: CollectorMetrics,
      _ served: ServedCertificate, _ index: any ReportIndex
    ) throws -> any Service {
      let keyPath = settings.store.dashboardKeyPath
      let dashboard = Dashboard(
        index: index, verdicts: settings.store.verdictsPath, repository: settings.repository)
      return Application(
        responder: OperatorResponder(
          log: log, indexer: indexer, metrics: metrics, served: served, dashboard: dashboard,
          key: try DashboardKey(path: keyPath)),
        server: .http1(configuration: .init(idleTimeout: Self.idleLimit)),
        configuration: .init(
          address: .hostname(settings.operators.host, port: settings.operators.port)),
        onServerRunning: { channel in
          announce("operators", "http", channel)
          say("dashboard: there as well; any user, the password is in \(keyPath)")
        },
        logger: Self.quiet)
    }

    private func announce(_ who: String, _ scheme: String, _ channel: any Channel) {
      guard let address = channel.localAddress, let port = address.port else { return }
      let host = address.ipAddress ?? "localhost"
      say("\(who): \(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)")
    }

    private static var quiet: Logger {
      var logger = Logger(label: "latgate.collector")
      logger.logLevel = .error
      return logger
    }
  }
#endif
