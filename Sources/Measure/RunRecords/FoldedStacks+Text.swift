extension FoldedStacks {
  /// `frame;frame_[k] weight` with a newline behind each stack; the weight is in the metric's unit.
  package func lines() -> String {
    stacks.map { stack in
      let frames = stack.frames.map { frame in
        let name = String(frame.name.map { $0 == ";" || $0.isNewline ? "_" : $0 })
        return frame.side == .kernel ? name + "_[k]" : name
      }
      return "\(frames.joined(separator: ";")) \(stack.sum)\n"
    }.joined()
  }
}
