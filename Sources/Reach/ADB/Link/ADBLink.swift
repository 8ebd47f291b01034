/// What carries packets: a TCP socket, or two USB endpoints.
///
/// Calls block: one thread receives, one sends, both made for it.
package protocol ADBLink: Sendable {
  /// For messages: an address, or a USB path.
  var description: String { get }

  /// True where packing bytes saves more time than it takes.
  var isSlow: Bool { get }

  /// Waits for the next packet for about 200 ms, so that the caller can look at its clocks; a
  /// payload of more than `limit` bytes is refused.
  /// - Returns: nil when none was complete in time; the part that arrived is kept.
  /// - Throws: ``ADBError``; the link is then of no more use.
  func receive(limit: Int) throws(ADBError) -> ADBPacket?

  /// Sends a packet whole.
  /// - Throws: ``ADBError``; the link is then of no more use.
  func send(_ packet: ADBPacket) throws(ADBError)

  /// Makes both calls end, from any thread. Safe to repeat.
  func abort()

  /// Gives everything back. Called once, after the last call of the others has ended.
  func close()
}
