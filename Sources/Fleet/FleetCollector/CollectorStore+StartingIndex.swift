import FleetLog

extension CollectorStore {
  /// The index for a collector that starts. One in a file that is damaged, or has more than the log, is made anew:
  /// it would pass over what comes until the log is as long as it was. `say` gets what the person who started it
  /// should read.
  /// - Throws: ``LogError``.
  package func startingIndex(
    key: PseudonymKey, say: (String) -> Void
  ) throws(LogError) -> any ReportIndex {
    do throws(LogError) {
      if let index = try usableIndex(key) { return index }
      say(
        "\(index): the index has more than the log, which is an older copy or was cut off; it is made anew "
          + "from the log")
    } catch {
      switch error.kind {
      case .damaged: say("\(index): the index is damaged and is made anew from the log")
      case .away:
        say("index: \(error); reports are taken, and the index follows later")
        return try index.openLate(key: key)
      default: throw error
      }
    }
    try index.remove()
    return try index.open(key: key)
  }

  /// Nil for one that has more than the log, and is closed again.
  private func usableIndex(_ key: PseudonymKey) throws(LogError) -> (any ReportIndex)? {
    let opened = try index.open(key: key)
    guard hasMoreThanLog(opened) else { return opened }
    guard !opened.isShared else {
      throw LogError(
        .unusable, path: log.path,
        reason:
          "\(index) has more of this log than the log itself, which is an older copy or was cut off; make "
          + "the index anew, with rebuild")
    }
    return nil
  }

  private func hasMoreThanLog(_ opened: any ReportIndex) -> Bool {
    let reader = LogReader(log)
    guard let identity = try? reader.identity(),
      // Before the end, which only grows.
      let reached = try? opened.position(in: identity),
      let end = try? reader.end()
    else { return false }
    return reached > end
  }
}
