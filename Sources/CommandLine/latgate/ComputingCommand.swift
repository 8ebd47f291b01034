import ArgumentParser

/// A command that reads, computes and prints: a signal may end it wherever it is.
protocol ComputingCommand: ParsableCommand {
  /// Whether this call of it has nothing to clean up.
  var computesOnly: Bool { get }
}

extension ComputingCommand {
  var computesOnly: Bool { true }
}
