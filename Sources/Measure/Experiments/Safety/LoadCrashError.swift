import RecordStore

/// A load after which the device was not what it was before; the subject is quarantined already.
struct LoadCrashError: Error {
  var event: CrashEvent
  /// Whether the device answers again.
  var isBack: Bool
}

/// A subject that may not be loaded.
struct QuarantineError: Error {
  var event: CrashEvent
}

extension CrashEvent {
  /// Why the subject is kept out, since when, and how to let it in again.
  package var sentence: String {
    "\(what) on \(at.formatted(.iso8601)) (run \(run.prefix(8))); 'latgate quarantine lift \(id)' "
      + "allows it again on \(subject.model), build \(subject.build)"
  }

  private var what: String {
    switch kind {
    case .loading: "it is being loaded"
    case .panic: "the kernel panicked while it was loaded"
    case .reboot: "the device restarted while it was loaded"
    case .hang: "loading it did not end"
    case .oops: "the kernel reported a fault of its own while it was loaded"
    case .vanished: "the device did not answer any more while it was loaded"
    case .abandoned: "the host ended while it was loaded, and the device has restarted since"
    }
  }
}
