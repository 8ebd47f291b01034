import Foundation

/// Now, in local time, for names of directories: `20260131-235959`.
package func timestamp() -> String {
  Date().formatted(
    .verbatim(
      "\(year: .defaultDigits)\(month: .twoDigits)\(day: .twoDigits)-\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased))\(minute: .twoDigits)\(second: .twoDigits)",
      timeZone: .current, calendar: Calendar(identifier: .gregorian)))
}
