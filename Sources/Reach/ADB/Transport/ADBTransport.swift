/// A way to one device: through an adb server, or directly.
///
/// All calls throw ``ADBError`` or `CancellationError`.
package protocol ADBTransport: Sendable {
  /// What the user called the device.
  var serial: String { get }
  /// Opens a service of the device, such as `sync:`. The time-out is for the opening alone.
  func open(_ service: String, timeout: Duration) async throws -> any ByteChannel
  /// What the device and this side, or the server, can do together.
  func features(timeout: Duration) async throws -> Set<String>
  /// Nil when the device is not there.
  func state(timeout: Duration) async throws -> DeviceState?
  /// Brings a connection back that was lost, where that takes more than opening a service.
  func reconnect(timeout: Duration) async throws
  /// Returns when the device is in a state.
  func wait(until state: AwaitedState, timeout: Duration) async throws
  /// True where packing bytes saves more time than it takes: USB 2 and networks.
  func isSlow() async -> Bool
  /// The devices that are there, with their state, for messages.
  func neighbours() async -> [String]
}
