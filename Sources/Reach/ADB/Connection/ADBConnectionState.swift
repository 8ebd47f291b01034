/// The rules of one adb connection, without its bytes: packets and requests in, actions out.
///
/// Streams are named by the number this side gave them. AOSP: `adb.cpp` (`handle_packet`),
/// `sockets.cpp`, `docs/dev/asocket.md`, `docs/dev/delayed_ack.md`.
package struct ADBConnectionState: Sendable {
  /// What the owner of the state has to do.
  package enum Action: Sendable, Equatable {
    case send(ADBPacket)
    /// The device asks for a proof of identity over 20 bytes.
    case authenticate(token: [UInt8])
    /// The device has introduced itself; all streams from before are gone.
    case online(ADBBanner)
    /// A service that this side asked for is there.
    case opened(UInt32)
    /// The device does not give the service that was asked for.
    case refused(UInt32)
    case received(UInt32, [UInt8])
    /// The stream may be written to again.
    case writable(UInt32)
    /// The device ended the stream; what was received before is still to be read.
    case ended(UInt32)
    /// The device opened a service of this side, which has been accepted.
    case accepted(UInt32, service: String)
    /// Nothing more can be said over this connection.
    case failed(ADBError)
  }

  private struct Stream {
    /// 0 until the device has answered.
    var remote: UInt32 = 0
    /// Bytes that may be sent: with `delayed_ack` the device's credit, else one packet's worth.
    var credit: Int64 = 0
    /// Bytes received and not yet taken by the reader.
    var unread = 0
    /// Bytes taken by the reader and not yet acknowledged to the device.
    var unacknowledged = 0
    /// The reader is gone; the answer to OPEN is still to come.
    var isAbandoned = false
  }

  private let features: [String]
  private let receiveWindow: Int
  private var streams: [UInt32: Stream] = [:]
  private var lastID: UInt32 = 0
  private(set) var banner: ADBBanner?
  private var common: Set<String> = []
  /// Services of this side that the device may open (`reverse:`).
  private var offered: Set<String> = []

  /// Longest payload that this side may send.
  package private(set) var payloadLimit = ADBPacket.introductionLimit

  /// - Parameters:
  ///   - features: what this side offers.
  ///   - receiveWindow: bytes a stream may hold unread where the device supports `delayed_ack`.
  package init(features: [String] = ADBFeatures.all, receiveWindow: Int = 8 << 20) {
    self.features = features
    self.receiveWindow = receiveWindow
  }

  /// Longest payload that is accepted from the device.
  package var acceptedLimit: Int {
    banner == nil ? ADBPacket.introductionLimit : ADBPacket.payloadLimit
  }

  /// True when both sides can do it.
  package func supports(_ feature: String) -> Bool { common.contains(feature) }

  private var acknowledgesBytes: Bool { supports("delayed_ack") }

  /// The first packet.
  package func start() -> [Action] {
    [
      .send(
        ADBPacket(
          .connect, 0x0100_0001, UInt32(ADBPacket.payloadLimit),
          payload: ADBFeatures.introduction(features)))
    ]
  }

  /// Asks for a service of the device.
  /// - Returns: the stream's number, which is in use until it is closed or refused.
  package mutating func open(_ service: String) -> (id: UInt32, actions: [Action]) {
    let id = nextID()
    streams[id] = Stream()
    let window = acknowledgesBytes ? UInt32(receiveWindow) : 0
    let packet = ADBPacket(.open, id, window, payload: Array(service.utf8) + [0])
    return (id, [.send(packet)])
  }

  /// Lets the device open a service of this side, as `reverse:` makes it do.
  package mutating func offer(_ service: String) { offered.insert(service) }

  /// Takes the offer back.
  package mutating func withdraw(_ service: String) { offered.remove(service) }

  /// True when the stream takes another packet.
  package func isWritable(_ id: UInt32) -> Bool {
    guard let stream = streams[id] else { return false }
    return stream.remote != 0 && stream.credit > 0
  }

  /// Sends one packet's worth.
  /// - Precondition: ``isWritable(_:)`` and at most ``payloadLimit`` bytes.
  package mutating func write(_ id: UInt32, _ bytes: [UInt8]) -> [Action] {
    guard var stream = streams[id], stream.remote != 0 else { return [] }
    stream.credit -= Int64(acknowledgesBytes ? bytes.count : 1)
    streams[id] = stream
    return [.send(ADBPacket(.write, id, stream.remote, payload: bytes))]
  }

  /// The reader took so many bytes of what was received in one packet.
  package mutating func consumed(_ id: UInt32, _ count: Int) -> [Action] {
    guard var stream = streams[id], stream.remote != 0 else { return [] }
    stream.unread -= count
    stream.unacknowledged += count
    defer { streams[id] = stream }
    // Where bytes are counted, few acknowledgements suffice: the device sends meanwhile.
    if acknowledgesBytes, stream.unacknowledged < receiveWindow / 8 { return [] }
    defer { stream.unacknowledged = 0 }
    return [.send(acknowledgement(id, stream.remote, stream.unacknowledged))]
  }

  /// Ends a stream from this side.
  package mutating func close(_ id: UInt32) -> [Action] {
    guard let stream = streams[id] else { return [] }
    guard stream.remote != 0 else {
      streams[id]?.isAbandoned = true
      return []
    }
    streams[id] = nil
    return [.send(ADBPacket(.close, id, stream.remote))]
  }

  /// Takes the next packet of the device.
  package mutating func handle(_ packet: ADBPacket) -> [Action] {
    switch packet.command {
    case .connect: return introduced(packet)
    case .auth where packet.argument0 == 1: return [.authenticate(token: packet.payload)]
    case .startTLS:
      return [.failed(.encryptionRequired)]
    // What an earlier session left in the pipes.
    case _ where banner == nil: return []
    case .open: return requested(packet)
    case .okay: return acknowledged(packet)
    case .write: return written(packet)
    case .close: return closed(packet)
    // As adb does: an unknown command is no reason to close the connection.
    default: return []
    }
  }

  private mutating func introduced(_ packet: ADBPacket) -> [Action] {
    let banner = ADBBanner(packet.payload)
    // An older daemon announces 4096 or 262144; nothing below the least is believed.
    payloadLimit = min(
      max(Int(packet.argument1), ADBPacket.introductionLimit), ADBPacket.payloadLimit)
    common = banner.features.intersection(features)
    self.banner = banner
    // The device has forgotten every stream.
    let gone = streams.keys.sorted()
    streams = [:]
    return gone.map { .ended($0) } + [.online(banner)]
  }

  private mutating func requested(_ packet: ADBPacket) -> [Action] {
    let remote = packet.argument0
    let service = String(decoding: packet.payload.prefix { $0 != 0 }, as: UTF8.self)
    let isCreditRight = (packet.argument1 != 0) == acknowledgesBytes
    guard remote != 0, isCreditRight, offered.contains(service) else {
      return [.send(ADBPacket(.close, 0, remote))]
    }
    let id = nextID()
    let credit = acknowledgesBytes ? Int64(packet.argument1) : 1
    streams[id] = Stream(remote: remote, credit: credit)
    let answer = acknowledgement(id, remote, receiveWindow)
    return [.send(answer), .accepted(id, service: service)]
  }

  private mutating func acknowledged(_ packet: ADBPacket) -> [Action] {
    let (remote, id) = (packet.argument0, packet.argument1)
    guard var stream = streams[id], remote != 0, stream.remote == 0 || stream.remote == remote
    else { return [.send(ADBPacket(.close, id, remote))] }
    var granted: Int64 = 1
    if acknowledgesBytes {
      guard packet.payload.count == 4 else {
        return [failure("an OKAY with \(packet.payload.count) bytes instead of 4")]
      }
      granted = Int64(Int32(bitPattern: LittleEndian.uint32(packet.payload)))
    } else if !packet.payload.isEmpty {
      return [failure("an OKAY with \(packet.payload.count) bytes")]
    }
    let isAnswer = stream.remote == 0
    stream.remote = remote
    // Without delayed_ack a second OKAY for one packet opens nothing more.
    stream.credit = acknowledgesBytes ? stream.credit + granted : 1
    streams[id] = stream
    if stream.isAbandoned { return close(id) }
    if isAnswer { return [.opened(id)] }
    return stream.credit > 0 ? [.writable(id)] : []
  }

  private mutating func written(_ packet: ADBPacket) -> [Action] {
    let (remote, id) = (packet.argument0, packet.argument1)
    guard var stream = streams[id], stream.remote == remote, remote != 0 else {
      return [.send(ADBPacket(.close, id, remote))]
    }
    stream.unread += packet.payload.count
    // Without delayed_ack the device waits for OKAY; with it, the last packet may overshoot.
    let limit = acknowledgesBytes ? receiveWindow + ADBPacket.payloadLimit : ADBPacket.payloadLimit
    guard stream.unread <= limit else {
      return [failure("\(stream.unread) bytes on one stream before they were acknowledged")]
    }
    streams[id] = stream
    // An empty packet carries nothing to read, but the device waits for its OKAY.
    if packet.payload.isEmpty { return consumed(id, 0) }
    return [.received(id, packet.payload)]
  }

  private mutating func closed(_ packet: ADBPacket) -> [Action] {
    let (remote, id) = (packet.argument0, packet.argument1)
    // Both sides may close at once, and adbd sends CLSE twice: an unknown number is no error.
    guard let stream = streams[id] else { return [] }
    if stream.remote == 0 {
      streams[id] = nil
      return stream.isAbandoned ? [] : [.refused(id)]
    }
    guard remote == 0 || remote == stream.remote else { return [] }
    streams[id] = nil
    return [.ended(id)]
  }

  private func acknowledgement(_ id: UInt32, _ remote: UInt32, _ count: Int) -> ADBPacket {
    ADBPacket(
      .okay, id, remote, payload: acknowledgesBytes ? LittleEndian.bytes(UInt32(count)) : [])
  }

  private func failure(_ detail: String) -> Action {
    .failed(.malformed(service: "adb", detail: detail))
  }

  /// Numbers come back only after all others were used, so that a late CLSE closes no other stream.
  private mutating func nextID() -> UInt32 {
    repeat { lastID &+= 1 } while lastID == 0 || streams[lastID] != nil
    return lastID
  }
}
