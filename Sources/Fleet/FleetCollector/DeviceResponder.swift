#if Collector
  import FleetReports
  import Foundation
  import Hummingbird
  import NIOCore
  import POSIXSupport

  /// A request of a device, with the connection that it came by.
  struct DeviceContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
      coreContext = .init(source: source)
      channel = source.channel
    }
  }

  /// `PUT /v1/reports/<id>`, and the repository's files where the collector serves them.
  struct DeviceResponder: HTTPResponder {
    typealias Context = DeviceContext

    private static let prefix = "/v1/reports/"

    /// From an answer to the end of a connection that is not wanted: the device reads it meanwhile.
    private static let parting = TimeAmount.seconds(1)

    let intake: ReportIntake
    let gate: DeviceGate
    let names: ConnectionNames
    let metrics: CollectorMetrics
    let repository: RepositoryFiles?

    func respond(to request: Request, context: DeviceContext) async throws -> Response {
      let path = request.uri.path
      let begun = ContinuousClock.now
      guard let name = try? await names.name(of: context.channel) else {
        let refusal = IntakeAnswer(403, "the certificate names no device")
        return turnAway(refusal, begun, context.channel)
      }
      if let refusal = gate.refusal(of: name, now: WallClock.milliseconds) {
        return turnAway(refusal, begun, context.channel)
      }
      if let repository, request.method == .get, !path.hasPrefix(Self.prefix) {
        let bytes = try? await offloaded { repository.read(path) }
        if let bytes {
          gate.charge(name, bytes: bytes.count)
          metrics.count(fileBytes: bytes.count)
        }
        return Self.file(bytes)
      }
      return response(await answer(to: request, of: name), begun)
    }

    /// Answers, and ends the connection: a peer that is not wanted must not keep it.
    private func turnAway(
      _ answer: IntakeAnswer, _ begun: ContinuousClock.Instant, _ channel: any Channel
    ) -> Response {
      channel.eventLoop.scheduleTask(in: Self.parting) { channel.close(mode: .all, promise: nil) }
      return response(answer, begun)
    }

    private func response(_ answer: IntakeAnswer, _ begun: ContinuousClock.Instant) -> Response {
      metrics.count(status: answer.status, after: ContinuousClock.now - begun)
      var fields: HTTPFields = [.contentType: "text/plain; charset=utf-8"]
      if let seconds = answer.retryAfter { fields[.retryAfter] = "\(seconds)" }
      return Response(
        status: .init(code: answer.status), headers: fields,
        body: .init(byteBuffer: ByteBuffer(string: answer.text + "\n")))
    }

    private static func file(_ bytes: [UInt8]?) -> Response {
      guard let bytes else { return Response(status: .notFound) }
      return Response(
        status: .ok, headers: [.contentType: "application/octet-stream"],
        body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func answer(to request: Request, of name: String) async -> IntakeAnswer {
      let path = request.uri.path
      guard path.hasPrefix(Self.prefix) else { return IntakeAnswer(404, "nothing is here") }
      guard request.method == .put else { return IntakeAnswer(405, "reports come by PUT") }
      guard request.headers[.contentEncoding] == nil else {
        return IntakeAnswer(415, "reports come as they are, not encoded")
      }
      guard let length = request.headers[.contentLength].flatMap({ Int($0) }) else {
        return IntakeAnswer(411, "the length of the report is needed")
      }
      guard length <= FleetReport.maxSize else {
        return IntakeAnswer(413, "a report has at most \(FleetReport.maxSize) bytes")
      }
      do {
        let body = try await request.body.collect(upTo: FleetReport.maxSize)
        return await intake.take(
          name: name, id: String(path.dropFirst(Self.prefix.count)),
          bytes: Array(body.readableBytesView), now: WallClock.milliseconds)
      } catch {
        return IntakeAnswer(408, "the report did not arrive")
      }
    }
  }
#endif
