import ArgumentParser

extension TimeSpan {
  init(_ duration: Duration) {
    self.duration = duration
  }

  /// As it may be typed: no separators of a locale, one unit.
  var defaultValueDescription: String {
    let seconds = duration.components.seconds
    let units: [(name: String, length: Int64)] = [("h", 3600), ("m", 60)]
    for unit in units where seconds >= unit.length && seconds.isMultiple(of: unit.length) {
      return "\(seconds / unit.length)\(unit.name)"
    }
    return "\(seconds)s"
  }
}
