extension AgentStepResult {
  /// A step that was made by the host, not the agent.
  package init(
    index: Int, exitCode: Int32, duration: Duration, standardOutput: [UInt8] = [],
    standardError: [UInt8] = []
  ) {
    self.init(
      index: index, ending: .exited(UInt32(bitPattern: exitCode)),
      durationNanoseconds: duration.wholeNanoseconds, standardOutput: standardOutput,
      standardError: standardError)
  }
}
