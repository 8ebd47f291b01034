#if Collector
  import FleetLog
  import Foundation
  import LatencyHistograms
  import NIOCore
  import NIOPosix
  import NIOSSL

  /// `PORT TRIAL-DIRECTORY COLLECTOR-PID CONNECTIONS REPORTS [RATE]`: as fast as the answers come,
  /// or RATE a second. Prints a line.
  struct BenchRun {
    private struct UsageError: Error, CustomStringConvertible {
      let description = "PORT TRIAL-DIRECTORY COLLECTOR-PID CONNECTIONS REPORTS [RATE]"
    }

    private let port: Int
    private let directory: String
    private let collector: Int
    private let connections: Int
    private let reports: Int
    /// Reports a second; nil = as fast as the answers come.
    private let rate: Double?

    init(arguments: [String]) throws {
      let numbers = arguments.map { Int($0) }
      guard arguments.count == 5 || arguments.count == 6, let port = numbers[0],
        let collector = numbers[2], let connections = numbers[3], let reports = numbers[4],
        connections > 0, reports >= connections
      else { throw UsageError() }
      self.port = port
      directory = arguments[1]
      self.collector = collector
      self.connections = connections
      self.reports = reports
      rate = arguments.count == 6 ? Double(arguments[5]) : nil
    }

    func run() async throws {
      let share = reports / connections
      let requests = (0..<connections).map { SampleReports(connection: $0).requests(share) }
      let size = requests[0].reduce(0) { $0 + $1.reportSize } / share
      let context = try NIOSSLContext(configuration: clientConfiguration())
      let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
      let before = try processorSeconds()
      let begun = NIODeadline.now()
      let results = try await withThrowingTaskGroup(of: LatencyHistogram.self) { tasks in
        for (number, mine) in requests.enumerated() {
          tasks.addTask {
            let pace = rate.map { rate -> BenchConnection.Pace in
              let gap = Double(connections) / rate
              return .init(
                start: begun + .milliseconds(500)
                  + .nanoseconds(Int64(Double(number) / rate * 1e9)),
                gap: .nanoseconds(Int64(gap * 1e9)))
            }
            return try await BenchConnection.send(
              mine.map(\.bytes), pace: pace, port: port, context: context, group: group)
          }
        }
        var all = LatencyHistogram()
        for try await one in tasks { all.merge(one) }
        return all
      }
      let seconds = Double((NIODeadline.now() - begun).nanoseconds) / 1e9
      let used = try processorSeconds() - before
      let quantiles = [0.5, 0.99, 0.999].map { (results.quantile($0) ?? 0) / 1e6 }
      print(
        "reports \(results.count) bytes \(size) connections \(connections) seconds "
          + format(seconds) + " rate " + format(Double(results.count) / seconds) + " cpu "
          + format(used)
          + " per-core " + format(Double(results.count) / used) + " p50-ms " + format(quantiles[0])
          + " p99-ms " + format(quantiles[1]) + " p999-ms " + format(quantiles[2]))
      try await group.shutdownGracefully()
    }

    private func format(_ value: Double) -> String { String(format: "%.2f", value) }

    private func clientConfiguration() throws -> TLSConfiguration {
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.trustRoots = .file(directory + "/authority.pem")
      configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(
        directory + "/device-1.pem"
      )
      .map { .certificate($0) }
      configuration.privateKey = .privateKey(
        try NIOSSLPrivateKey(file: directory + "/device-1.key", format: .pem))
      return configuration
    }

    /// CPU time of the collector so far, all its threads.
    private func processorSeconds() throws -> Double {
      let stat = try String(contentsOfFile: "/proc/\(collector)/stat", encoding: .utf8)
      let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
      guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
        throw UsageError()
      }
      return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
  }
#endif
