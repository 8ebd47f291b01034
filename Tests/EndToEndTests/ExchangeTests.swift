import ForeignReaders
import Foundation
import Testing

/// Histograms that leave for other programs and come from them.
@Suite(.enabled(if: Tool.isEnabled, "needs a built tool: run ci/test"))
struct ExchangeTests {
  private static let table = """
    # RTLA timerlat histogram
    # Time unit is microseconds (us)
    Index   Thr-000
    1          9000
    3           900
    20           90
    70           10
    over:         0
    max:         70
    """

  /// Imports values in ns with a spread around two modes, as a run of the tool's own.
  private func imported(_ tool: Tool, in directory: String) async throws -> String {
    let log = try ForeignReader.run(
      """
      from hdrh.histogram import HdrHistogram
      print("#[Histogram log format version 1.3]")
      state = 1
      h = HdrHistogram(1, 3600000000000, 3)
      for _ in range(20000):
          state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
          h.record_value(20000 + (state >> 33) % 400000)
      for number in range(400):
          h.record_value(2000000 + number * 9000)
      print("0.0,1.0,6.0,%s" % h.encode().decode())
      """, input: "")
    try log.write(toFile: "\(directory)/a.hlog", atomically: true, encoding: .utf8)
    let record = "\(directory)/record.json"
    let made = try await tool.run(
      "import", "\(directory)/a.hlog", "--metric", "app.wait", "--firmware", "b7", "--format",
      "json",
      "--output", record)
    #expect(made.exitCode == 0, "\(made.errors)")
    return made.output
  }

  private struct Report: Decodable {
    struct Metric: Decodable {
      var metric: String
      var count: Int
      var p99: Double?
    }

    var metrics: [Metric]
  }

  @Test func aTableBecomesARecord() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    try Self.table.write(toFile: "\(path)/rtla.txt", atomically: true, encoding: .utf8)
    let record = "\(path)/record.json"
    let made = try await Tool().run("import", "\(path)/rtla.txt", "--output", record)
    #expect(made.exitCode == 0, "\(made.errors)")
    #expect(made.output.contains("rtla.timerlat{cpu=000,kind=Thr}@imported"), "\(made.output)")
    // No probe measured, and nobody knows what was lost.
    #expect(!made.output.contains("tier T"), "\(made.output)")
    #expect(made.output.contains(/71\.0 us +-\n/), "\(made.output)")
    let exported = try await Tool().run(
      "export", record, "--as", "otlp", "--output", "\(path)/run.json")
    #expect(exported.exitCode == 0, "\(exported.errors)")
    let text = try String(contentsOfFile: "\(path)/run.json", encoding: .utf8)
    #expect(text.contains("\"count\":\"10000\""))
    let broken = try await Tool().run("import", "\(path)/run.json")
    #expect(broken.exitCode == 65, "\(broken.errors)")
  }

  /// Debian's Prometheus scrapes; its quantile is latgate's. With native histograms, as near as
  /// their buckets are.
  @Test(
    .enabled(
      if: ForeignReader.program("prometheus") != nil && ForeignReader.has("hdrh"),
      "prometheus or hdrhistogram is not installed: run ci/setup"),
    arguments: [false, true])
  func prometheusScrapes(isNative: Bool) async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let report = try JSONDecoder().decode(
      Report.self, from: Data(try await imported(Tool(), in: path).utf8))
    let own = try #require(report.metrics.first?.p99)
    let (prometheus, port) = try await scraped(
      ["\(path)/record.json"], in: path, isNative: isNative)
    defer { for call in prometheus { call.signal(SIGKILL) } }
    let series = "latgate_latency_seconds" + (isNative ? "" : "_bucket")
    let query = "histogram_quantile(0.99, \(series){metric='app.wait',build='b7'})"
    var found: Double?
    _ = try await eventually(within: .seconds(90)) {
      let answer = try? ForeignReader.run(
        """
        import json, urllib.parse, urllib.request
        url = "http://127.0.0.1:\(port)/api/v1/query?query=" + urllib.parse.quote(\"\"\"\(query)\"\"\")
        print(json.load(urllib.request.urlopen(url, timeout=5))["data"]["result"][0]["value"][1])
        """, input: "")
      found = answer.flatMap { Double($0.dropLast()) }
      return found != nil
    }
    let theirs = try #require(found, "\(prometheus[1].errorsSoFar.suffix(2000))") * 1e9
    #expect(abs(theirs / own - 1) < (isNative ? 0.1 : 1e-9), "\(theirs), \(own)")
  }

  /// Serves records, and starts a Prometheus that scrapes them.
  /// - Returns: both, for their end, and Prometheus's port.
  private func scraped(
    _ records: [String], in path: String, isNative: Bool
  ) async throws -> (calls: [Call], port: UInt16) {
    let server = try Tool().start(["export"] + records + ["--serve", "0"])
    var address: String?
    _ = try await eventually(within: .seconds(60)) {
      address = server.outputSoFar.firstMatch(of: /http:\/\/([0-9.:]+)\/metrics/).map {
        String($0.output.1)
      }
      return address != nil
    }
    do {
      let target = try #require(address, "\(server.errorsSoFar)")
      // Its interval is all the time that Prometheus gives an answer.
      try """
      global: {scrape_interval: 5s}
      scrape_configs:
        - job_name: latgate
          static_configs: [{targets: ["\(target)"]}]
      """.write(toFile: "\(path)/prometheus.yml", atomically: true, encoding: .utf8)
      let port = try freePort()
      let prometheus = try Call(
        try #require(ForeignReader.program("prometheus")),
        [
          "--config.file=\(path)/prometheus.yml", "--storage.tsdb.path=\(path)/data",
          "--web.listen-address=127.0.0.1:\(port)",
        ] + (isNative ? ["--enable-feature=native-histograms"] : []), environment: [:])
      return ([server, prometheus], port)
    } catch {
      server.signal(SIGKILL)
      throw error
    }
  }

  /// Clients that say nothing take all descriptors for a while, and cost no more than that.
  @Test func aServerOutlivesClientsThatTakeAllItsDescriptors() async throws {
    let directory = try TemporaryDirectory()
    let runs = try String(
      contentsOfFile: "\(Tool.repository)/Tests/ReportingTests/Fixtures/slow-disk.jsonl",
      encoding: .utf8
    ).split(separator: "\n")
    let record = "\(directory.path)/record.json"
    try #require(runs.first).write(toFile: record, atomically: true, encoding: .utf8)
    let server = try Call(
      "/bin/bash",
      [
        "-c", "ulimit -n 64; exec \"$1\" export \"$2\" --serve 0", "bash",
        "\(Tool.repository)/.build/debug/latgate", record,
      ], environment: ["LATGATE_SHARE": Tool.repository])
    defer { server.signal(SIGKILL) }
    var port: Substring?
    _ = try await eventually(within: .seconds(60)) {
      port = server.outputSoFar.firstMatch(of: /http:\/\/127.0.0.1:([0-9]+)\/metrics/)?.output.1
      return port != nil
    }
    let script = """
      import socket, sys, time, urllib.request
      place = ("127.0.0.1", int(sys.argv[1]))
      clients = [socket.create_connection(place, timeout=20) for _ in range(80)]
      time.sleep(1)
      for client in clients:
          client.close()
      url = "http://127.0.0.1:%d/metrics" % place[1]
      print(urllib.request.urlopen(url, timeout=30).status)
      """
    let asked = try await Call(
      "/usr/bin/env",
      ["python3", "-c", script, String(try #require(port, "\(server.errorsSoFar)"))],
      environment: [:]
    ).end(within: .seconds(60))
    #expect(asked.output == "200\n", "\(asked.errors)\(server.errorsSoFar)")
    #expect(server.isRunning)
  }

  /// Every query of Grafana's dashboard, asked of a Prometheus that has a check's runs: none is
  /// empty.
  @Test(
    .enabled(
      if: ForeignReader.program("prometheus") != nil, "prometheus is not installed: run ci/setup"))
  func everyPanelOfTheDashboardHasData() async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    let runs = try String(
      contentsOfFile: "\(Tool.repository)/Tests/ReportingTests/Fixtures/slow-disk.jsonl",
      encoding: .utf8
    ).split(separator: "\n")
    let records = try runs.indices.map { place in
      let record = "\(path)/\(place).json"
      try runs[place].write(toFile: record, atomically: true, encoding: .utf8)
      return record
    }
    let (calls, port) = try await scraped(records, in: path, isNative: false)
    defer { for call in calls { call.signal(SIGKILL) } }
    let script = """
      import json, math, sys, urllib.parse, urllib.request
      def ask(path, **words):
          url = "http://127.0.0.1:\(port)/api/v1/" + path + "?" + urllib.parse.urlencode(words)
          return json.load(urllib.request.urlopen(url, timeout=20))["data"]
      dashboard = json.load(open("\(Tool.repository)/docs/grafana/latgate.json"))
      chosen = {"metric": "fsync.latency"}
      def filled(query):
          for one in dashboard["templating"]["list"]:
              query = query.replace("$" + one["name"], chosen.get(one["name"], ".*"))
          assert "$" not in query, query
          return query
      for one in dashboard["templating"]["list"]:
          if one["type"] == "query":
              series, label = one["query"]["query"].removeprefix("label_values(")[:-1].rsplit(", ", 1)
              values = ask(f"label/{label}/values", **{"match[]": filled(series)})
              print("variable", one["name"], len(values))
      for panel in dashboard["panels"]:
          for target in panel["targets"]:
              rows = ask("query", query=filled(target["expr"]))["result"]
              values = [float(row["value"][1]) for row in rows]
              assert all(map(math.isfinite, values)), (panel["title"], values)
              print("panel", panel["title"], len(rows))
      """
    var found = ""
    var counts: [Int] = []
    // Series have their names before their first samples can be asked for.
    _ = try await eventually(within: .seconds(90)) {
      found = (try? ForeignReader.run(script, input: "")) ?? ""
      counts = found.split(separator: "\n").map { Int($0.split(separator: " ").last ?? "") ?? 0 }
      return !counts.isEmpty && counts.allSatisfy { $0 > 0 }
    }
    #expect(counts.count == 4 + 11, "\(found) \(calls[1].errorsSoFar.suffix(2000))")
    #expect(counts.allSatisfy { $0 > 0 }, "\(found)")
    // Two firmwares, six runs.
    #expect(found.contains("panel p99 of $metric 2\n"), "\(found)")
    #expect(found.contains("panel Runs: $metric 6\n"), "\(found)")
  }

  /// A receiver that reads with OpenTelemetry's own messages: busy at first, then content with all
  /// but what `refuses` says.
  private func receiver(refuses: Int) throws -> Call {
    try Call(
      ForeignReader.python,
      [
        "-u", "-c",
        """
        import http.server
        from google.protobuf import json_format
        from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as service
        asked = 0
        class Receiver(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                global asked
                asked += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = json_format.Parse(body, service.ExportMetricsServiceRequest())
                if asked == 1:
                    self.send_response(503)
                    self.send_header("Retry-After", "0")
                    self.end_headers()
                    return
                for resource in request.resource_metrics:
                    for metric in resource.scope_metrics[0].metrics:
                        kind = metric.WhichOneof("data")
                        points = getattr(metric, kind).data_points
                        print("got", self.path, self.headers["X-Scope"], kind, metric.name,
                              sum(point.count for point in points))
                answer = service.ExportMetricsServiceResponse()
                answer.partial_success.rejected_data_points = \(refuses)
                answer.partial_success.error_message = "too old" if \(refuses) else ""
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json_format.MessageToJson(answer).encode())
            def log_message(self, *words):
                pass
        server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
        print("listens at", server.server_port)
        server.serve_forever()
        """,
      ], environment: [:])
  }

  @Test(
    .enabled(
      if: ForeignReader.has("opentelemetry.proto.metrics.v1.metrics_pb2"),
      "opentelemetry-proto is not installed: run ci/setup"),
    arguments: [(0, false), (0, true), (3, false)])
  func aReceiverGetsWhatWasMeasured(refuses: Int, isExponential: Bool) async throws {
    let directory = try TemporaryDirectory()
    let path = directory.path
    try Self.table.write(toFile: "\(path)/rtla.txt", atomically: true, encoding: .utf8)
    let record = "\(path)/record.json"
    let imported = try await Tool().run("import", "\(path)/rtla.txt", "--output", record)
    #expect(imported.exitCode == 0, "\(imported.errors)")
    let server = try receiver(refuses: refuses)
    defer { server.signal(SIGKILL) }
    var port: Substring?
    _ = try await eventually(within: .seconds(60)) {
      port = server.outputSoFar.firstMatch(of: /listens at ([0-9]+)/)?.output.1
      return port != nil
    }
    let address = "http://127.0.0.1:\(try #require(port, "\(server.errorsSoFar)"))"
    let made = try await Tool().start(
      ["push", address, record, "--header", "X-Scope: rack1"]
        + (isExponential ? ["--exponential"] : [])
    ).end(within: .seconds(60))
    #expect(made.exitCode == (refuses == 0 ? 0 : 69), "\(made.errors)")
    #expect(made.errors.contains("is busy (status 503)"), "\(made.errors)")
    if refuses > 0 { #expect(made.errors.contains("left out 3 data points: too old")) }
    let kind = isExponential ? "exponential_histogram" : "histogram"
    let line = "got /v1/metrics rack1 \(kind) rtla.timerlat 10000\n"
    // It is printed before the answer, and read here by another thread.
    let isSaid = try await eventually(within: .seconds(20)) { server.outputSoFar.contains(line) }
    #expect(isSaid, "\(server.outputSoFar)")
    server.signal(SIGKILL)
    _ = try await server.end(within: .seconds(30))
    let gone = try await Tool().run("push", address, record)
    #expect(gone.exitCode == 69, "\(gone.errors)")
    #expect(gone.errors.contains("cannot be reached"), "\(gone.errors)")
  }

  private func freePort() throws -> UInt16 {
    let text = try ForeignReader.run(
      """
      import socket
      with socket.socket() as s:
          s.bind(("127.0.0.1", 0))
          print(s.getsockname()[1])
      """, input: "")
    return try #require(UInt16(text.dropLast()))
  }
}
