import LatencyHistograms
import RunRecords

/// A terminal screen that watches a device: what it knows, and what keys do to it. Pure; it is drawn by
/// ``canvas(width:height:glyphs:)``.
package struct LiveState: Sendable {
  /// What a key asks of the one who has the device.
  package enum Wish: Sendable, Equatable {
    case quit, save, trace
    /// A mark of this number was set.
    case mark(Int)
  }

  /// What is watched, for the head of the screen.
  package struct Subject: Sendable, Equatable {
    package var device: String
    package var kernel: String
    /// Names of metrics in the order of their probes; those without an event yet are shown as well.
    package var metrics: [String]
    /// Why the screen moves in steps; nil where it does not.
    package var pace: String?

    package init(device: String, kernel: String, metrics: [String], pace: String? = nil) {
      self.device = device
      self.kernel = kernel
      self.metrics = metrics
      self.pace = pace
    }
  }

  enum Order: String, Sendable, CaseIterable {
    case name, rate, p99, change
  }

  struct Message: Sendable, Equatable {
    var text: String
    var isWarning: Bool
    /// Samples that it is still shown for.
    var samplesLeft: Int
  }

  /// Time over which numbers are shown, s, and that of the first reference.
  static let recent = 10.0
  static let firstSpan = 60.0

  package var subject: Subject
  package var use = LiveUse()
  var history = LiveHistory()
  /// The history as it stood when it was frozen; nil = it moves.
  var frozen: LiveHistory?
  var reference: LiveReference?
  var span = LiveHistory.Span.recent(Self.recent)
  var order = Order.name
  /// Nil = the first.
  var selected: MetricID?
  var message: Message?
  var showsHelp = false
  /// What page keys move by.
  private let pageRows = 5

  /// A screen without a sample; where `reference` is nil, the first minute becomes it.
  package init(_ subject: Subject, reference: LiveReference? = nil) {
    self.subject = subject
    self.reference = reference
  }

  /// The history that is shown.
  var shown: LiveHistory { frozen ?? history }

  /// Takes what came in; a frozen screen goes on counting.
  package mutating func take(_ sample: LiveSample) {
    history.add(sample)
    if reference == nil, history.seconds >= Self.firstSpan {
      reference = history.reference(of: .all, name: "first minute")
    }
    message?.samplesLeft -= 1
    if message?.samplesLeft == 0 { message = nil }
  }

  /// Says something at the bottom until a key is pressed, at most for `samples`.
  package mutating func say(_ text: String, isWarning: Bool = false, samples: Int = 12) {
    message = Message(text: text, isWarning: isWarning, samplesLeft: samples)
  }

  /// - Returns: what is to be done elsewhere; nil = nothing.
  package mutating func press(_ key: ScreenKey) -> Wish? {
    message = nil
    if showsHelp {
      showsHelp = false
      return key == .character("q") ? .quit : nil
    }
    switch key {
    case .up, .character("k"): move(by: -1)
    case .down, .character("j"): move(by: 1)
    case .pageUp: move(by: -pageRows)
    case .pageDown: move(by: pageRows)
    case .home: move(by: -Int.max / 2)
    case .end: move(by: Int.max / 2)
    case .escape: frozen = nil
    case .character(let character): return press(character)
    }
    return nil
  }

  private mutating func press(_ character: Character) -> Wish? {
    switch character {
    case "q": return .quit
    case "w": return .save
    case "p": return .trace
    case "m":
      let number = history.mark()
      // What is frozen shows it as well, at the same moment or at its end.
      if frozen != nil { _ = frozen?.mark() }
      say("mark \(number)")
      return .mark(number)
    case "s":
      let orders = Order.allCases
      let next = (orders.firstIndex(of: order) ?? 0) + 1
      order = orders[next % orders.count]
    case "f": frozen = frozen == nil ? history : nil
    case "a": span = span == .all ? .recent(Self.recent) : .all
    case "r":
      reference = shown.reference(
        of: span, name: span == .all ? "all until now" : "10 s until now")
      say("what is shown is the reference from now on")
    case "?", "h": showsHelp = true
    default: break
    }
    return nil
  }

  private mutating func move(by steps: Int) {
    let rows = rows
    guard !rows.isEmpty else { return }
    let place = rows.firstIndex { $0.id == selection(of: rows) } ?? 0
    selected = rows[min(max(place + steps, 0), rows.count - 1)].id
  }
}
