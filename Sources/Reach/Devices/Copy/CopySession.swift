import ADB

/// The sync session of a copy: opened when it is needed, and again after a file failed in it.
struct CopySession {
  private static let openLimit: Duration = .seconds(20)

  private let device: ADBDevice
  private var opened: (session: SyncSession, channel: any ByteChannel)?

  init(device: ADBDevice) {
    self.device = device
  }

  /// What both sides can do.
  private func features() async throws -> Set<String> {
    try await device.transport.features(timeout: Self.openLimit)
  }

  /// The way of packing that the options ask for.
  /// - Throws: ``ADBError/missingFeature(serial:feature:)`` for one that the device does not know.
  mutating func compression(_ wish: SyncCompression?) async throws -> SyncCompression {
    guard wish != SyncCompression.none else { return .none }
    let (transport, name) = (device.transport, device.name)
    return try await use { session in
      if let wish {
        if session.supports(wish) { return wish }
        throw ADBError.missingFeature(serial: name, feature: wish.feature ?? "sendrecv_v2")
      }
      // On fast ways packing takes longer than sending.
      guard await transport.isSlow() else { return .none }
      // As adb orders them.
      for kind in [SyncCompression.zstd, .lz4, .brotli] where session.supports(kind) { return kind }
      return .none
    }
  }

  /// Lends the session; one that failed is not used again.
  mutating func use<Result>(
    _ body: (inout SyncSession) async throws -> Result
  ) async throws -> Result {
    let taken = try await take()
    var session = taken.session
    do {
      let result = try await body(&session)
      opened = (session, taken.channel)
      return result
    } catch {
      taken.channel.close()
      throw error
    }
  }

  /// Says good-bye.
  mutating func end() async {
    guard let opened else { return }
    self.opened = nil
    var session = opened.session
    await session.quit()
    opened.channel.close()
  }

  private mutating func take() async throws -> (session: SyncSession, channel: any ByteChannel) {
    if let opened {
      self.opened = nil
      return opened
    }
    let features = try await features()
    let channel = try await device.transport.open(SyncSession.service, timeout: Self.openLimit)
    return (SyncSession(channel: channel, features: features), channel)
  }
}
