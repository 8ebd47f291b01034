import Foundation
import POSIXSupport
import Synchronization

/// A direct connection to one adb daemon, without an adb server between.
///
/// Many streams share it. One thread receives and one sends; everything between them is
/// ``ADBConnectionState`` behind a lock that is never held across a system call. What waits to be
/// sent is bounded by the protocol: one packet or one window per stream. The threads keep the
/// connection alive until ``close()``.
package final class ADBConnection: Sendable {
  /// A suspended caller and when it gives up.
  struct Waiter {
    var continuation: CheckedContinuation<Void, any Error>
    var deadline: Deadline?
    var subject: String
  }

  /// What this side keeps of a stream.
  struct Inbox {
    var chunks: [[UInt8]] = []
    var isOpen = false
    var isRefused = false
    var hasEnded = false
    var reader: Waiter?
    var writer: Waiter?
  }

  struct Shared {
    var protocolState: ADBConnectionState
    var inboxes: [UInt32: Inbox] = [:]
    var failure: ADBError?
    var arrival: Waiter?
    /// Tokens answered so far.
    var answers = 0
    /// Nil until the device asks for proof.
    var keys: [ADBKey]?
    var outbox: [ADBPacket] = []
    var isFinished = false
    /// Threads that still use the link.
    var threads = 2
    var enders: [CheckedContinuation<Void, Never>] = []
    var services: [String: @Sendable (ADBStreamChannel) -> Void] = [:]
  }

  let link: any ADBLink
  private let loadKeys: @Sendable () throws(ADBError) -> [ADBKey]
  private let shared: Mutex<Shared>
  /// Counts packets in the outbox, and once more at the end.
  private let outgoing = DispatchSemaphore(value: 0)

  private init(
    link: any ADBLink, state: ADBConnectionState,
    keys: @escaping @Sendable () throws(ADBError) -> [ADBKey]
  ) {
    self.link = link
    loadKeys = keys
    self.shared = Mutex(Shared(protocolState: state))
  }

  /// Introduces both sides to each other.
  /// - Parameters:
  ///   - link: what carries the packets; it belongs to the connection from now on.
  ///   - keys: asked for only when the device wants proof; offered in this order, and then the
  ///     first one's public half, which a person may accept on the device's screen.
  ///   - state: what this side offers.
  ///   - timeout: in all, the person's answer included.
  /// - Returns: a connection whose device has introduced itself.
  /// - Throws: ``ADBError``, `CancellationError`.
  package static func open(
    over link: any ADBLink, keys: @escaping @Sendable () throws(ADBError) -> [ADBKey],
    state: ADBConnectionState = ADBConnectionState(),
    timeout: Duration = .seconds(10)
  ) async throws -> ADBConnection {
    let connection = ADBConnection(link: link, state: state, keys: keys)
    Thread.detachNewThread {
      connection.receiveAll()
      connection.leave()
    }
    Thread.detachNewThread {
      connection.sendAll()
      connection.leave()
    }
    connection.perform(connection.shared.withLock { $0.protocolState.start() })
    do {
      try await connection.waitUntilOnline(timeout: timeout)
      return connection
    } catch {
      connection.close()
      await connection.finished()
      throw error
    }
  }

  /// How the device introduced itself.
  package var banner: ADBBanner {
    shared.withLock { $0.protocolState.banner }
      ?? ADBBanner(state: .connecting, properties: [:], features: [])
  }

  /// True when both sides can do it.
  package func supports(_ feature: String) -> Bool {
    shared.withLock { $0.protocolState.supports(feature) }
  }

  /// Why nothing more can be said; nil while the connection lives.
  package var failure: ADBError? { shared.withLock { $0.failure } }

  /// Asks for a service of the device, such as `sync:`.
  /// - Throws: ``ADBError/refused(service:message:)`` among others; `CancellationError`.
  package func open(
    _ service: String, timeout: Duration = .seconds(20)
  ) async throws -> ADBStreamChannel {
    let deadline = ContinuousClock.now + timeout
    let (id, actions) = try shared.withLock { shared throws(ADBError) in
      if let failure = shared.failure { throw failure }
      let (id, actions) = shared.protocolState.open(service)
      shared.inboxes[id] = Inbox()
      return (id, actions)
    }
    perform(actions)
    let channel = ADBStreamChannel(id: id, service: service, connection: self)
    do {
      try await wait(for: id, \.reader, until: deadline, subject: service) {
        $0.isOpen || $0.isRefused
      }
    } catch {
      channel.close()
      if error is TimeoutError { throw ADBError.timedOut(service: service, after: timeout) }
      throw error
    }
    if shared.withLock({ $0.inboxes[id]?.isRefused ?? true }) {
      channel.close()
      throw ADBError.refused(service: service, message: "closed")
    }
    return channel
  }

  /// Lets the device open a service of this side; `accept` gets each stream.
  func offer(_ service: String, accept: @escaping @Sendable (ADBStreamChannel) -> Void) {
    shared.withLock {
      $0.protocolState.offer(service)
      $0.services[service] = accept
    }
  }

  func withdraw(_ service: String) {
    shared.withLock {
      $0.protocolState.withdraw(service)
      $0.services[service] = nil
    }
  }

  /// Ends the connection and every stream of it. Safe to repeat.
  package func close() {
    fail(.disconnected(service: "adb", detail: "closed by this side"))
  }

  /// Returns when the link is given back, so that the device can be opened again.
  package func finished() async {
    await withCheckedContinuation { continuation in
      let isOver = shared.withLock { shared in
        if shared.threads > 0 { shared.enders.append(continuation) }
        return shared.threads == 0
      }
      if isOver { continuation.resume() }
    }
  }

  private func leave() {
    // Only the last of the two threads closes, and only then is the connection over.
    let isLast = shared.withLock { shared in
      if shared.threads > 1 { shared.threads -= 1; return false }
      return true
    }
    guard isLast else { return }
    link.close()
    let enders = shared.withLock { shared in
      shared.threads = 0
      return shared.enders
    }
    for ender in enders { ender.resume() }
  }

  // MARK: Streams

  func read(_ id: UInt32, deadline: Deadline?) async throws -> [UInt8] {
    try await wait(for: id, \.reader, until: deadline, subject: "reading") {
      !$0.chunks.isEmpty || $0.hasEnded
    }
    let (bytes, actions) = shared.withLock { shared -> ([UInt8], [ADBConnectionState.Action]) in
      guard var inbox = shared.inboxes[id], !inbox.chunks.isEmpty else { return ([], []) }
      let bytes = inbox.chunks.removeFirst()
      shared.inboxes[id] = inbox
      return (bytes, shared.protocolState.consumed(id, bytes.count))
    }
    perform(actions)
    return bytes
  }

  func write(_ id: UInt32, _ bytes: [UInt8], deadline: Deadline?) async throws {
    let limit = shared.withLock { $0.protocolState.payloadLimit }
    var start = 0
    while start < bytes.count {
      let end = min(start + limit, bytes.count)
      // The common case, one packet, is not copied.
      let part = start == 0 && end == bytes.count ? bytes : Array(bytes[start..<end])
      while true {
        let actions = try shared.withLock { shared throws -> [ADBConnectionState.Action]? in
          if let failure = shared.failure { throw failure }
          if shared.inboxes[id]?.hasEnded ?? true {
            throw ADBError.disconnected(service: "stream", detail: "the device closed it")
          }
          guard shared.protocolState.isWritable(id) else { return nil }
          return shared.protocolState.write(id, part)
        }
        if let actions {
          perform(actions)
          break
        }
        try await waitUntilWritable(id, deadline: deadline)
      }
      start = end
    }
  }

  func close(_ id: UInt32) {
    let (waiters, actions) = shared.withLock { shared in
      let inbox = shared.inboxes.removeValue(forKey: id)
      return ([inbox?.reader, inbox?.writer], shared.protocolState.close(id))
    }
    let error = ADBError.disconnected(service: "stream", detail: "closed by this side")
    for waiter in waiters { waiter?.continuation.resume(throwing: error) }
    perform(actions)
  }

  // MARK: Waiting

  private func waitUntilWritable(_ id: UInt32, deadline: Deadline?) async throws {
    try await suspend(deadline: deadline, subject: "writing") { shared, waiter in
      guard shared.inboxes[id] != nil else { return false }
      if shared.protocolState.isWritable(id) || shared.inboxes[id]?.hasEnded == true {
        return false
      }
      shared.inboxes[id]?.writer = waiter
      return true
    } forget: { shared in
      shared.inboxes[id]?.writer.take()
    }
  }

  private func wait(
    for id: UInt32, _ place: WritableKeyPath<Inbox, Waiter?> & Sendable, until deadline: Deadline?,
    subject: String, condition: @escaping @Sendable (Inbox) -> Bool
  ) async throws {
    try await suspend(deadline: deadline, subject: subject) { shared, waiter in
      guard let inbox = shared.inboxes[id] else {
        throw ADBError.disconnected(
          service: "stream", detail: "closed by this side")
      }
      if condition(inbox) { return false }
      shared.inboxes[id]?[keyPath: place] = waiter
      return true
    } forget: { shared in
      shared.inboxes[id]?[keyPath: place].take()
    }
  }

  private func waitUntilOnline(timeout: Duration) async throws {
    do {
      try await suspend(deadline: ContinuousClock.now + timeout, subject: "adb") { shared, waiter in
        if shared.protocolState.banner != nil { return false }
        shared.arrival = waiter
        return true
      } forget: { shared in
        shared.arrival.take()
      }
    } catch is TimeoutError {
      if shared.withLock({ $0.answers > ($0.keys?.count ?? .max) }) {
        throw ADBError.unauthorized(serial: link.description)
      }
      throw ADBError.timedOut(service: "adb", after: timeout)
    }
  }

  /// Suspends until the waiter is taken and resumed. `place` puts it where it is found,
  /// or answers false when there is nothing to wait for; `forget` takes it back.
  private func suspend(
    deadline: Deadline?, subject: String,
    place: @escaping @Sendable (inout Shared, Waiter) throws -> Bool,
    forget: @escaping @Sendable (inout Shared) -> Waiter?
  ) async throws {
    try Task.checkCancellation()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let waiter = Waiter(continuation: continuation, deadline: deadline, subject: subject)
        do {
          let isPlaced = try shared.withLock { shared in
            if let failure = shared.failure { throw failure }
            return try place(&shared, waiter)
          }
          if !isPlaced { continuation.resume() }
        } catch {
          continuation.resume(throwing: error)
        }
        // A cancellation that came before the waiter had its place found no waiter.
        if Task.isCancelled { cancel(forget) }
      }
    } onCancel: {
      cancel(forget)
    }
  }

  private func cancel(_ forget: @Sendable (inout Shared) -> Waiter?) {
    shared.withLock { forget(&$0) }?.continuation.resume(throwing: CancellationError())
  }

  // MARK: Threads

  private func receiveAll() {
    while true {
      do throws(ADBError) {
        let limit = shared.withLock { $0.protocolState.acceptedLimit }
        let packet = try link.receive(limit: limit)
        if let packet { perform(shared.withLock { $0.protocolState.handle(packet) }) }
        expire()
        if shared.withLock({ $0.failure != nil }) { return }
      } catch {
        return fail(error)
      }
    }
  }

  private func sendAll() {
    while true {
      outgoing.wait()
      let (packet, isFinished) = shared.withLock { shared in
        (shared.outbox.isEmpty ? nil : shared.outbox.removeFirst(), shared.isFinished)
      }
      guard let packet else {
        if isFinished { return }
        continue
      }
      do throws(ADBError) {
        try link.send(packet)
      } catch {
        return fail(error)
      }
    }
  }

  private func perform(_ actions: [ADBConnectionState.Action]) {
    for action in actions {
      switch action {
      case .send(let packet):
        shared.withLock { $0.outbox.append(packet) }
        outgoing.signal()
      case .authenticate(let token): answer(token)
      case .online: resume { $0.arrival.take() }
      case .opened(let id): update(id, \.reader) { $0.isOpen = true }
      case .refused(let id): update(id, \.reader) { $0.isRefused = true }
      case .received(let id, let bytes): update(id, \.reader) { $0.chunks.append(bytes) }
      case .writable(let id): update(id, \.writer) { _ in }
      case .ended(let id):
        update(id, \.reader) {
          $0.hasEnded = true
          $0.isOpen = true
        }
        update(id, \.writer) { _ in }
      case .accepted(let id, let service):
        let accept = shared.withLock { shared in
          shared.inboxes[id] = Inbox(isOpen: true)
          return shared.services[service]
        }
        accept?(ADBStreamChannel(id: id, service: service, connection: self))
      case .failed(let error): fail(error)
      }
    }
  }

  private func update(
    _ id: UInt32, _ place: WritableKeyPath<Inbox, Waiter?>, _ change: (inout Inbox) -> Void
  ) {
    resume { shared in
      guard var inbox = shared.inboxes[id] else { return nil }
      change(&inbox)
      defer { shared.inboxes[id] = inbox }
      return inbox[keyPath: place].take()
    }
  }

  private func resume(_ take: (inout Shared) -> Waiter?) {
    shared.withLock { take(&$0) }?.continuation.resume()
  }

  /// Signs with one key after the other; then shows the first one's public half, about which the
  /// device asks its owner. The connection comes up when that person agrees.
  private func answer(_ token: [UInt8]) {
    do throws(ADBError) {
      let known = shared.withLock { $0.keys }
      let keys = if let known { known } else { try loadKeys() }
      let attempt = shared.withLock { shared in
        shared.keys = keys
        defer { shared.answers += 1 }
        return shared.answers
      }
      guard let first = keys.first else { throw ADBError.unauthorized(serial: link.description) }
      if attempt < keys.count {
        let signature = try keys[attempt].signature(of: token)
        perform([.send(ADBPacket(.auth, 2, 0, payload: signature))])
      } else if attempt == keys.count {
        let line = Array(try first.publicLine().utf8) + [0]
        perform([.send(ADBPacket(.auth, 3, 0, payload: line))])
      }
    } catch {
      fail(error)
    }
  }

  private func expire() {
    let now = ContinuousClock.now
    let late = shared.withLock { shared -> [Waiter] in
      func isLate(_ waiter: Waiter?) -> Bool { (waiter?.deadline).map { $0 <= now } ?? false }
      var late: [Waiter?] = []
      if isLate(shared.arrival) { late.append(shared.arrival.take()) }
      for id in shared.inboxes.keys {
        if isLate(shared.inboxes[id]?.reader) { late.append(shared.inboxes[id]?.reader.take()) }
        if isLate(shared.inboxes[id]?.writer) { late.append(shared.inboxes[id]?.writer.take()) }
      }
      return late.compactMap { $0 }
    }
    for waiter in late {
      waiter.continuation.resume(throwing: TimeoutError(subject: waiter.subject))
    }
  }

  private func fail(_ error: ADBError) {
    let waiters = shared.withLock { shared -> [Waiter] in
      guard shared.failure == nil else { return [] }
      shared.failure = error
      shared.isFinished = true
      shared.outbox = []
      var waiters = [shared.arrival.take()]
      for id in shared.inboxes.keys {
        waiters.append(shared.inboxes[id]?.reader.take())
        waiters.append(shared.inboxes[id]?.writer.take())
        shared.inboxes[id]?.hasEnded = true
      }
      return waiters.compactMap { $0 }
    }
    link.abort()
    outgoing.signal()
    for waiter in waiters { waiter.continuation.resume(throwing: error) }
  }
}
