import Dispatch
import POSIXSupport
import Synchronization

/// Hands an input to the reader that its first byte names.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  guard let reader = input.first else { return 0 }
  let rest = input.dropFirst()
  switch reader % 6 {
  case 0: fuzzPackets(rest)
  case 1:
    var connection = ConnectionFuzz()
    connection.run(rest)
  case 2: fuzzShell(rest)
  case 3: fuzzSync(rest)
  case 4: fuzzExpander(rest)
  default: fuzzTexts(rest)
  }
  return 0
}

/// What a fuzzed reader must never do.
func check(_ condition: Bool, _ rule: String) {
  if !condition { fatalError("broken: \(rule)") }
}

/// Headers and payloads as a link reads them, into the connection's rules.
private func fuzzPackets(_ input: ArraySlice<UInt8>) {
  var state = ADBConnectionState()
  var rest = input
  _ = state.open("shell:")
  while rest.count >= ADBPacketHeader.size {
    let head = rest.prefix(ADBPacketHeader.size)
    guard let header = try? ADBPacketHeader(head, limit: state.acceptedLimit) else { return }
    check(
      header.bytes.prefix(16) == head.prefix(16), "a header is written as it was read")
    rest = rest.dropFirst(head.count)
    let payload = Array(rest.prefix(Int(header.length)))
    rest = rest.dropFirst(payload.count)
    _ = state.handle(
      ADBPacket(header.command, header.argument0, header.argument1, payload: payload))
  }
}

/// The same packets come out, however the stream is cut.
private func fuzzShell(_ input: ArraySlice<UInt8>) {
  var whole = ShellPacketParser()
  var pieces = ShellPacketParser()
  let atOnce = try? whole.feed(Array(input))
  var found: [ShellPacket]? = []
  var rest = input
  while !rest.isEmpty, found != nil {
    let part = rest.prefix(1 + rest.count % 7)
    rest = rest.dropFirst(part.count)
    found = (try? pieces.feed(Array(part))).map { (found ?? []) + $0 }
  }
  check((atOnce == nil) == (found == nil), "a shell stream is refused however it is cut")
  if let atOnce, let found { check(atOnce == found, "shell packets do not depend on cuts") }
}

private func fuzzTexts(_ input: ArraySlice<UInt8>) {
  let text = String(decoding: input, as: UTF8.self)
  for device in ListedDevice.parse(list: text) { _ = device.state.word }
  _ = ADBBanner(Array(input))
  _ = SmartSocket.parseLength(Array(input.prefix(4)))
  _ = ADBError(refusal: text, service: "x", serial: "y")
}

private func fuzzExpander(_ input: ArraySlice<UInt8>) {
  let kinds = SyncCompression.allCases
  let kind = kinds[Int(input.first ?? 0) % kinds.count]
  guard let expander = try? kind.expander() else { return }
  var rest = input.dropFirst()
  var total = 0
  while !rest.isEmpty {
    let part = rest.prefix(500)
    rest = rest.dropFirst(part.count)
    expander.feed(part)
    while let piece = try? expander.next(), !piece.isEmpty {
      check(piece.count <= expandedPiece, "pieces are bounded")
      total += piece.count
      // A bomb does not end; its reader decides when it is enough.
      if total > 1 << 22 { return }
    }
  }
}

/// Answers to `status`, `list` and `receive`, of both versions and every compression.
private func fuzzSync(_ input: ArraySlice<UInt8>) {
  let choice = Int(input.first ?? 0)
  let bits = Int(input.dropFirst().first ?? 0)
  let features: Set<String> =
    bits & 1 == 0
    ? []
    : [
      "stat_v2", "ls_v2", "sendrecv_v2", "sendrecv_v2_lz4", "sendrecv_v2_zstd",
      "sendrecv_v2_brotli",
    ]
  let compression = SyncCompression.allCases[(bits >> 1) % SyncCompression.allCases.count]
  let channel = FuzzChannel(input.dropFirst(2), step: 1 + (bits >> 3))
  finish {
    var session = SyncSession(channel: channel, features: features)
    switch choice % 3 {
    case 0:
      for entry in try await session.list("/x") {
        check(
          !entry.name.contains("/") && ![".", "..", ""].contains(entry.name),
          "a name stays in its directory")
      }
    case 1: _ = try await session.status(of: "/x")
    default:
      var total = 0
      try await session.receive("/x", compression: compression) { bytes in
        total += bytes.count
        if total > 1 << 22 { throw CancellationError() }
      }
    }
  }
}

/// Runs it to its end; errors are what is expected of most inputs.
private func finish(_ body: @escaping @Sendable () async throws -> Void) {
  let end = DispatchSemaphore(value: 0)
  Task.detached {
    try? await body()
    end.signal()
  }
  end.wait()
}

/// A device that says what the fuzzer wants, in pieces, and then hangs up.
private final class FuzzChannel: ByteChannel {
  private let rest: Mutex<ArraySlice<UInt8>>
  private let step: Int

  init(_ bytes: ArraySlice<UInt8>, step: Int) {
    rest = Mutex(bytes)
    self.step = step
  }

  func read(deadline: Deadline?) async throws -> [UInt8] {
    rest.withLock { rest in
      let part = Array(rest.prefix(step))
      rest = rest.dropFirst(part.count)
      return part
    }
  }

  func write(_ bytes: [UInt8], deadline: Deadline?) async throws {}

  func close() {}
}
