#if Collector
  import LatencyHistograms
  import NIOCore
  import NIOPosix
  import NIOSSL

  /// One kept connection: a request, its answer, the next.
  final class BenchConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// When each request is due; its latency counts from then.
    struct Pace: Sendable {
      var start: NIODeadline
      var gap: TimeAmount
    }

    private struct ConnectionError: Error, CustomStringConvertible {
      var description: String
    }

    private let requests: [[UInt8]]
    private let pace: Pace?
    private let done: EventLoopPromise<LatencyHistogram>
    private var sent = 0
    private var due = NIODeadline.now()
    private var received = ByteBuffer()
    private var latencies = LatencyHistogram()

    private init(
      _ requests: [[UInt8]], _ pace: Pace?, _ done: EventLoopPromise<LatencyHistogram>
    ) {
      self.requests = requests
      self.pace = pace
      self.done = done
    }

    static func send(
      _ requests: [[UInt8]], pace: Pace?, port: Int, context: NIOSSLContext,
      group: MultiThreadedEventLoopGroup
    ) async throws -> LatencyHistogram {
      let loop = group.next()
      let done = loop.makePromise(of: LatencyHistogram.self)
      let channel = try await ClientBootstrap(group: loop)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandlers(
              NIOSSLClientHandler(context: context, serverHostname: "localhost"),
              BenchConnection(requests, pace, done))
          }
        }.connect(host: "127.0.0.1", port: port).get()
      let result = try await done.futureResult.get()
      try await channel.close()
      return result
    }

    func channelActive(context: ChannelHandlerContext) { next(context) }

    private func next(_ context: ChannelHandlerContext) {
      guard sent < requests.count else { return done.succeed(latencies) }
      guard let pace else {
        due = .now()
        return write(context)
      }
      due = pace.start + .nanoseconds(pace.gap.nanoseconds * Int64(sent))
      if due <= .now() { return write(context) }
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      context.eventLoop.scheduleTask(deadline: due) {
        let (handler, context) = bound.value
        handler.write(context)
      }
    }

    private func write(_ context: ChannelHandlerContext) {
      let request = requests[sent]
      sent += 1
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      received.writeImmutableBuffer(unwrapInboundIn(data))
      // An answer ends with its one line of text.
      let view = received.readableBytesView
      guard let head = view.firstRange(of: Array("\r\n\r\n".utf8)), head.upperBound < view.endIndex,
        view.last == UInt8(ascii: "\n")
      else { return }
      guard view.starts(with: Array("HTTP/1.1 200 ".utf8)) else {
        return done.fail(
          ConnectionError(description: String(decoding: view.prefix(200), as: UTF8.self)))
      }
      received.clear()
      latencies.record(UInt64(max(0, (NIODeadline.now() - due).nanoseconds)))
      next(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
      done.fail(ConnectionError(description: "the collector closed the connection"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      done.fail(error)
      context.close(promise: nil)
    }
  }
#endif
