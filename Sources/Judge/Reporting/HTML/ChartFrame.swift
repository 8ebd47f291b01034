import Foundation

/// The room of a picture, in the units of its view box: about one of them is a pixel.
struct ChartFrame {
  static let width = 360.0
  static let height = 190.0
  let left: Double
  let right = 10.0
  let top = 10.0
  let bottom = 30.0

  init(left: Double = 46) { self.left = left }

  var innerWidth: Double { Self.width - left - right }
  var innerHeight: Double { Self.height - top - bottom }
  var floor: Double { Self.height - bottom }

  /// Where a share of the width lies: 0 at the left, 1 at the right.
  func x(_ share: Double) -> Double { left + share * innerWidth }
  /// Where a share of the height lies: 0 at the bottom, 1 at the top.
  func y(_ share: Double) -> Double { floor - share * innerHeight }

  /// The picture; readers who cannot see it get its title and description.
  static func picture(title: String, description: String, _ content: [Markup]) -> Markup {
    .tag(
      "svg",
      [
        "viewBox": "0 0 \(Int(width)) \(Int(height))", "role": "img",
        "aria-label": "\(title). \(description)",
      ], content)
  }

  static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ kind: String) -> Markup
  {
    .tag(
      "line",
      [
        "class": kind, "x1": number(x1), "y1": number(y1), "x2": number(x2), "y2": number(y2),
      ])
  }

  /// Which line means what.
  static func key(_ entries: [(kind: String, name: String)]) -> Markup {
    .tag(
      "p", ["class": "key"],
      entries.map { kind, name in
        .tag(
          "span", [:],
          [
            .tag(
              "svg", ["viewBox": "0 0 28 12", "aria-hidden": "true"], [line(0, 6, 28, 6, kind)]),
            .text(name),
          ])
      })
  }

  static func path(_ kind: String, _ data: String) -> Markup {
    .tag("path", ["class": kind, "d": data])
  }

  static func label(_ x: Double, _ y: Double, _ anchor: String, _ text: String) -> Markup {
    .tag("text", ["x": number(x), "y": number(y), "text-anchor": anchor], text: text)
  }

  /// Tenths of a unit are finer than any screen.
  static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let text = "\(abs(tenths) / 10)"
    let sign = tenths < 0 ? "-" : ""
    return tenths % 10 == 0 ? sign + text : "\(sign)\(text).\(abs(tenths) % 10)"
  }

  /// A line below the pictures' room, and its ticks.
  func bottomAxis(_ ticks: [(share: Double, text: String)]) -> [Markup] {
    [Self.line(left, floor, Self.width - right, floor, "axis")]
      + ticks.flatMap { tick in
        let x = x(tick.share)
        // Texts at the ends stay inside the picture.
        let anchor = tick.share < 0.06 ? "start" : tick.share > 0.94 ? "end" : "middle"
        return [
          Self.line(x, floor, x, floor + 4, "axis"), Self.label(x, floor + 17, anchor, tick.text),
        ]
      }
  }

  /// Lines across the room with their texts at the left.
  func leftAxis(_ ticks: [(share: Double, text: String)]) -> [Markup] {
    ticks.flatMap { tick in
      let y = y(tick.share)
      return [
        Self.line(left, y, Self.width - right, y, "axis"),
        Self.label(left - 5, y + 4, "end", tick.text),
      ]
    }
  }
}

/// A logarithmic axis.
struct LogAxis {
  private let low: Double
  private let high: Double

  /// An axis over `values`, at least one; those at or below 0 count as `least`. `margin` is what is left
  /// free at both ends, as a share of the whole.
  init(_ values: [Double], least: Double = 0.5, margin: Double = 0) {
    let logs = values.map { log(max($0, least)) }
    let low = logs.min() ?? 0
    let high = logs.max() ?? 1
    // What is alike shall not fill the picture with its noise.
    let span = max(high - low, 0.02)
    let middle = (low + high) / 2
    self.low = min(low, middle - span / 2) - margin * span
    self.high = max(high, middle + span / 2) + margin * span
  }

  /// 0 at the lower end, 1 at the upper.
  func share(_ value: Double) -> Double {
    (log(max(value, .leastNormalMagnitude)) - low) / (high - low)
  }

  /// Round values on the axis, at most `most`.
  func ticks(most: Int, text: (Double) -> String) -> [(share: Double, text: String)] {
    let decades = Int((low / log(10)).rounded(.down))...Int((high / log(10)).rounded(.up))
    let steps: [[Double]] = [
      Array(stride(from: 1.0, to: 10, by: 0.1)), Array(stride(from: 1.0, to: 10, by: 0.5)),
      [1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1],
    ]
    for mantissas in steps {
      let values = decades.flatMap { decade in mantissas.map { $0 * pow(10, Double(decade)) } }
        .filter { (low...high).contains(log($0)) }
      if values.count <= most { return values.map { (share($0), text($0)) } }
    }
    let every = max(1, decades.count / most)
    return decades.filter { $0.isMultiple(of: every) }.map { pow(10, Double($0)) }
      .filter { (low...high).contains(log($0)) }.map { (share($0), text($0)) }
  }
}
