import CLibUSB
import Foundation
import Synchronization

/// libusb's view of the machine's USB devices at one moment.
///
/// Debian's libusb learns of new devices from udev, which small systems lack; a fresh context reads
/// sysfs anew, so every scan and every link has its own.
final class USBContext: Sendable {
  nonisolated(unsafe) let raw: OpaquePointer
  private let isEnding = Atomic<Bool>(false)
  private let threadEnded = DispatchSemaphore(value: 0)
  private let hasThread = Atomic<Bool>(false)

  /// - Throws: ``ADBError/usbUnavailable(detail:)``.
  init() throws(ADBError) {
    var made: OpaquePointer?
    let code = libusb_init(&made)
    guard code == 0, let made else { throw .usbUnavailable(detail: usbWords(code)) }
    raw = made
  }

  deinit {
    libusb_exit(raw)
  }

  /// Starts the thread on which callbacks run; ``stopEvents()`` must follow.
  func startEvents() {
    hasThread.store(true, ordering: .relaxed)
    Thread.detachNewThread { [self] in
      while !isEnding.load(ordering: .acquiring) {
        var limit = timeval(tv_sec: 0, tv_usec: 200_000)
        libusb_handle_events_timeout_completed(raw, &limit, nil)
      }
      threadEnded.signal()
    }
  }

  /// Returns when the thread has ended. No transfer may be under way any more.
  func stopEvents() {
    guard hasThread.load(ordering: .relaxed) else { return }
    isEnding.store(true, ordering: .releasing)
    libusb_interrupt_event_handler(raw)
    threadEnded.wait()
  }
}

/// libusb's words for an error.
func usbWords(_ code: Int32) -> String {
  libusb_strerror(code).map { String(cString: $0) } ?? "error \(code)"
}
