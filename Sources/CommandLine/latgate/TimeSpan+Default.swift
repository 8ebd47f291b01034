import ArgumentParser
import Foundation

extension TimeSpan {
  init(_ duration: Duration) {
    self.duration = duration
  }

  var defaultValueDescription: String {
    duration.formatted(.units(allowed: [.hours, .minutes, .seconds], width: .narrow))
  }
}
