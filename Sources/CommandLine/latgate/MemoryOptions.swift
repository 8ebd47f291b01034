import ArgumentParser

/// What a check takes from earlier ones.
struct MemoryOptions: ParsableArguments {
  @Option(
    help: "Baseline whose stored runs are the reference; only the candidate is run then.")
  var baseline: String?

  @Flag(help: "Check on a bench that did not qualify, too; the evidence is weak.")
  var unqualified = false
}
