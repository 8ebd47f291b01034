import CAgentABI
import Devices
import Foundation
import POSIXSupport

/// One request as it is sent.
struct AgentRequest: Sendable {
  /// An `LG_MSG_` number.
  var type: Int
  /// As in the protocol, for messages.
  var name: String
  var payload: [UInt8]
  /// Raw bytes that follow in `BLOB` frames of the same sequence number.
  var blob: [UInt8] = []

  /// - Throws: ``AgentSessionError/invalidRequest(_:)`` for more than a frame takes.
  func frames(sequence: UInt32) throws(AgentSessionError) -> [AgentFrame] {
    guard payload.count <= Int(LG_FRAME_MAX) else {
      throw .invalidRequest("\(name): \(payload.count) bytes, but a frame takes \(LG_FRAME_MAX)")
    }
    return [AgentFrame(type: UInt16(type), sequence: sequence, payload: payload)]
      + stride(from: 0, to: blob.count, by: Int(LG_BLOB_CHUNK)).map { start in
        AgentFrame(
          type: UInt16(LG_MSG_BLOB), sequence: sequence,
          payload: Array(blob[start..<min(start + Int(LG_BLOB_CHUNK), blob.count)]))
      }
  }
}

/// Sends requests over a stream and gathers their answers, strictly in turn.
actor AgentExchange {
  /// Bytes of one answer: many times those of the largest map that the agent reads.
  private static let answerLimit = 512 << 20
  /// What a frame takes beside its payload.
  private static let frameCost = 64

  private let stream: any DeviceStream
  private let answerLimit: Int
  private var parser = AgentFrameParser()
  private var arrived: [AgentFrame] = []
  private var sequence: UInt32 = 0
  /// Why the session is over; nil while it is not.
  private var failure: (any Error)?
  private var isBusy = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(stream: any DeviceStream, answerLimit: Int? = nil) {
    self.stream = stream
    self.answerLimit = answerLimit ?? Self.answerLimit
  }

  /// - Returns: the frames of the answer before its `DONE`.
  /// - Throws: ``AgentSessionError``, ``DeviceError``, `CancellationError`. All but a refusal
  ///   end the session.
  func ask(_ request: AgentRequest, timeout: Duration) async throws -> [AgentFrame] {
    await takeTurn()
    defer { passTurn() }
    if let failure { throw failure is CancellationError ? AgentSessionError.closed : failure }
    do {
      return try await limited(request.name, timeout) { try await self.exchange(request) }
    } catch let error as AgentSessionError {
      if case .refused(let refusal) = error, refusal.code != .protocol { throw error }
      await fail(error)
      throw error
    } catch {
      await fail(error)
      throw error
    }
  }

  /// Pings unless a request is under way, which keeps the agent's watchdog quiet as well.
  func pingIfIdle(timeout: Duration) async {
    if isBusy || failure != nil { return }
    _ = try? await ask(AgentRequest(type: LG_MSG_PING, name: "PING", payload: []), timeout: timeout)
  }

  /// Waits until the agent has gone.
  func waitForEnd(timeout: Duration) async throws {
    try await limited("its end", timeout) { while try await self.stream.read() != nil {} }
  }

  /// Ends the session. Safe to repeat.
  func close() async {
    if failure == nil { failure = AgentSessionError.closed }
    await stream.close()
  }

  private func exchange(_ request: AgentRequest) async throws -> [AgentFrame] {
    let frames = try request.frames(sequence: sequence &+ 1)
    sequence &+= 1
    do {
      for frame in frames { try await stream.write(frame.bytes) }
    } catch is DeviceError {
      // The agent ended or refused; its last answer says why, and reading finds it.
    }
    return try await answer(to: sequence, request: request.name)
  }

  private func answer(to sequence: UInt32, request: String) async throws -> [AgentFrame] {
    var frames: [AgentFrame] = []
    var size = 0
    while true {
      let frame = try await nextFrame()
      size += frame.payload.count + Self.frameCost
      if size > answerLimit {
        throw AgentSessionError.malformed("more than \(answerLimit) bytes in answer to \(request)")
      }
      if frame.sequence != sequence {
        throw AgentSessionError.malformed(
          "an answer to request \(frame.sequence) while \(sequence) (\(request)) is asked")
      }
      switch Int(frame.type) {
      case LG_MSG_DONE:
        return frames
      case LG_MSG_ERROR:
        let reader = try AttributeReader(payload: frame.payload, context: "ERROR")
        throw AgentSessionError.refused(
          try AgentRefusalError(reader, before: Answers(frames, to: request)))
      default:
        frames.append(frame)
      }
    }
  }

  private func nextFrame() async throws -> AgentFrame {
    while arrived.isEmpty {
      guard let bytes = try await stream.read() else { throw await ended() }
      arrived = try parser.feed(bytes)
    }
    return arrived.removeFirst()
  }

  private func ended() async -> AgentSessionError {
    let words = await stream.standardError().trimmingCharacters(in: .whitespacesAndNewlines)
    let leftover = parser.isAtBoundary ? "" : "its last bytes: \(printable(parser.incomplete))"
    return .ended(
      exitCode: await stream.exitCode(), errorOutput: words.isEmpty ? leftover : words)
  }

  private func fail(_ error: any Error) async {
    if failure == nil { failure = error }
    await stream.close()
  }

  private func takeTurn() async {
    if isBusy {
      await withCheckedContinuation { waiting.append($0) }
    } else {
      isBusy = true
    }
  }

  private func passTurn() {
    if waiting.isEmpty {
      isBusy = false
    } else {
      waiting.removeFirst().resume()
    }
  }

  /// Runs a part of the exchange; one that takes too long is cancelled.
  private nonisolated func limited<Value: Sendable>(
    _ request: String, _ timeout: Duration, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await Task.sleep(for: timeout)
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next(), let value = first else {
        throw AgentSessionError.timedOut(request: request, after: timeout)
      }
      return value
    }
  }
}
