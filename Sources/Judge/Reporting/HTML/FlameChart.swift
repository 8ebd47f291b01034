import RegressionAnalysis
import RunRecords

/// A flame graph: calls above their callers, as wide as what was spent in them.
struct FlameChart {
  /// How a frame looks, and what a pointer on it says.
  struct Look {
    /// Classes of the rectangle.
    var kind: String
    var title: String
  }

  let tree: FlameTree
  let title: String
  let description: String
  let look: (Int) -> Look

  private static let width = 1140.0
  private static let rowHeight = 17.0
  /// About a letter's, at the size of the text.
  private static let letter = 6.3
  /// Narrower frames are left out: nobody can point at them.
  private static let leastWidth = 1.2
  private static let mostFrames = 1500

  private struct Box {
    var node: Int
    var x: Double
    var width: Double
  }

  /// Frames from the root up, each level from the left.
  private var boxes: [Box] {
    let whole = Double(max(1, tree.nodes[0].total))
    var boxes = [Box(node: 0, x: 0, width: Self.width)]
    var at = 0
    while at < boxes.count, boxes.count < Self.mostFrames {
      let box = boxes[at]
      var x = box.x
      for child in tree.nodes[box.node].children {
        let width = Double(tree.nodes[child].total) / whole * Self.width
        if width >= Self.leastWidth { boxes.append(Box(node: child, x: x, width: width)) }
        x += width
      }
      at += 1
    }
    return boxes
  }

  var markup: Markup {
    let boxes = self.boxes
    let depth = boxes.map { tree.nodes[$0.node].depth }.max() ?? 0
    let height = Double(depth + 1) * Self.rowHeight
    return .tag(
      "svg",
      [
        "class": "flame", "viewBox": "0 0 \(Int(Self.width)) \(Int(height.rounded(.up)))",
        "role": "img", "aria-label": "\(title). \(description)",
      ], boxes.map { frame($0, height: height) })
  }

  private func frame(_ box: Box, height: Double) -> Markup {
    let node = tree.nodes[box.node]
    let look = look(box.node)
    let y = height - Double(node.depth + 1) * Self.rowHeight
    var parts: [Markup] = [
      .tag("title", text: look.title),
      .tag(
        "rect",
        [
          "class": look.kind, "x": ChartFrame.number(box.x), "y": ChartFrame.number(y),
          "width": ChartFrame.number(box.width), "height": ChartFrame.number(Self.rowHeight - 1),
        ]),
    ]
    let room = Int((box.width - 6) / Self.letter)
    if room >= 3 {
      parts.append(
        ChartFrame.label(
          box.x + 3, y + 12, "start", shortened(oneLine(node.frame.name), to: room)))
    }
    return .tag("g", [:], parts)
  }
}

extension FlameChart {
  /// Of one run.
  init(_ folded: FoldedStacks, title: String) {
    let tree = FlameTree([folded])
    let whole = Double(max(1, tree.nodes[0].total))
    func text(_ node: Int) -> String {
      let sum = Double(tree.nodes[node].total)
      return "\(tree.nodes[node].frame.text): \(humanShare(sum / whole)), "
        + humanValue(sum, unit: tree.unit)
    }
    self.init(
      tree: tree, title: title,
      description: tree.own().prefix(3).map { frame, sum in
        "\(frame.text) \(humanShare(Double(sum) / whole))"
      }.joined(separator: ", ")
    ) { node in
      let kind =
        switch tree.nodes[node].frame.side {
        case .label: "whose"
        case .user: "user"
        case .kernel: "kernel"
        }
      return Look(kind: kind, title: text(node))
    }
  }

  /// Of two firmwares: as wide as both together, coloured where they differ.
  init(_ comparison: FlameComparison, title: String) {
    let tree = comparison.tree
    let most = comparison.different.prefix(3).map { frame in
      "\(tree.nodes[frame.node].frame.text) \(Self.points(frame.difference))"
    }
    self.init(
      tree: tree, title: title,
      description: most.isEmpty ? "No frame differs" : most.joined(separator: ", ")
    ) { node in
      let name = tree.nodes[node].frame.text
      guard let frame = comparison.frames[node] else {
        return Look(kind: "same", title: "\(name): too small to compare")
      }
      let shares = "\(humanShare(frame.reference)) to \(humanShare(frame.candidate))"
      let range = "\(Self.points(frame.lower)) … \(Self.points(frame.upper))"
      guard frame.isDifferent else {
        return Look(kind: "same", title: "\(name): \(shares), no difference shown (\(range))")
      }
      return Look(
        kind: frame.difference > 0 ? "more" : "less", title: "\(name): \(shares) (\(range))")
    }
  }

  /// A difference of shares, in points of a percent.
  static func points(_ difference: Double) -> String {
    (difference > 0 ? "+" : "") + fixed(difference * 100, decimals: 2) + " points"
  }
}
