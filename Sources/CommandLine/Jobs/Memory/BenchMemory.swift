import Experiments
import Foundation
import RecordStore
import RegressionAnalysis
import RunRecords

/// What the store knows of a bench before a check, and what it keeps of the check.
package struct BenchMemory: Sendable {
  /// Most runs that the cost of a run is learned from.
  private static let costRuns = 8

  package let store: Store
  package let profile: NoiseProfile?
  /// What the last calibration found; nil without one.
  package let calibration: BenchNoise?
  /// The last runs of the suite on the device file.
  package let earlier: [RunRecord]

  /// - Throws: `StoreError`, `NoiseProfileError`, and what asking a device throws.
  package init(store: Store, suite: String, target: LaneFactory.Target) async throws {
    self.store = store
    let name = target.definition.name
    var serials: [String] = []
    if !target.isVirtual {
      for lane in target.lanes { serials.append(try await lane.current().identify().serial) }
    }
    let both = Self.device(serials)
    let known = try store.profiles().filter {
      $0.bench.suite == suite && $0.bench.target == name
        && (serials.isEmpty || $0.bench.device == both || serials.contains($0.bench.device))
    }
    // Two devices are a bench of their own; until it is known, the noise of one of them is used.
    let own = known.filter { serials.isEmpty || $0.bench.device == both }
    let last = (own.isEmpty ? known : own).max { $0.updated < $1.updated }
    profile = try last.map {
      try NoiseProfile.decode($0.profile, file: Self.place($0.bench, store))
    }
    func noise(_ stored: StoredProfile) throws -> BenchNoise? {
      try stored.calibration.map { try Self.noise($0, Self.place(stored.bench, store)) }
    }
    // A pair with one that must not gate must not gate either.
    calibration =
      try (serials.isEmpty ? [] : known).compactMap(noise)
      .first { $0.qualification.standing == .notQualified } ?? last.flatMap(noise)
    earlier = try store.runs(RunFilter(suite: suite, target: name)).filter(\.isValid)
      .suffix(Self.costRuns).map { try store.document(of: $0).record }
  }

  private static func place(_ bench: BenchIdentity, _ store: Store) -> String {
    "\(store.path), noise of \(bench.suite) on \(bench.target)"
  }

  private static func noise(_ data: Data, _ place: String) throws -> BenchNoise {
    guard let noise = try? JSONDecoder().decode(BenchNoise.self, from: data),
      noise.schema == BenchNoise.currentSchema
    else {
      throw NoiseProfileError(file: place, problem: "is not a calibration of this version")
    }
    return noise
  }

  // MARK: Before

  /// What a verdict has to say of a bench that should not judge; nil when there is nothing.
  /// - Throws: ``UnfitBenchError`` unless that is allowed.
  package func caveat(allowsUnqualified: Bool) throws -> String? {
    guard let calibration, calibration.qualification.standing == .notQualified else { return nil }
    let refusal = UnfitBenchError(noise: calibration)
    guard allowsUnqualified else { throw refusal }
    return "\(refusal.what): judged as asked, on weak evidence"
  }

  /// What to know of the bench before it begins.
  package var remark: String? {
    guard profile != nil else {
      return "this bench was never calibrated: the noise is known from these runs alone "
        + "('latgate calibrate' says what it can find)"
    }
    guard let calibration else {
      return "this bench was never calibrated; its noise is known from the checks before"
    }
    return calibration.qualification.standing == .undecided
      ? "the calibration of this bench has too few runs to decide whether it may gate" : nil
  }

  // MARK: After

  /// Keeps the runs of a check and what they say, and lets the bench's profile grow by them, once.
  /// - Returns: whether the profile has grown.
  @discardableResult
  package func keep(_ records: [RunRecord], _ verdict: Verdict, _ input: VerdictInput, id: String)
    throws
    -> Bool
  {
    try Self.keep(records, in: store)
    guard let first = records.first else { return false }
    let bench = BenchIdentity(
      target: first.target, device: Self.device(records.map(\.benchDevice)), suite: first.suite)
    try Self.note(verdict, on: input, of: bench, id: id, in: store)
    // What the bench did while it was disturbed is no noise of it.
    guard verdict.outcome != .failed, verdict.failure != .conditions else { return false }
    let residuals = try runResiduals(of: input)
    guard !residuals.isEmpty else { return false }
    return try store.growProfile(of: bench, by: id, at: Date()) { old in
      let known = try old.map { try NoiseProfile.decode($0, file: Self.place(bench, store)) }
      return try (known ?? NoiseProfile()).grown(by: residuals).encoded()
    }
  }

  package static func keep(_ records: [RunRecord], in store: Store) throws {
    try store.add(try records.map { try RunDocument($0) })
  }

  /// The devices of an experiment as a bench knows them: two of a crossover are one.
  private static func device(_ names: [String]) -> String {
    Set(names).sorted().joined(separator: " + ")
  }

  /// Keeps the verdict on a candidate; a later one on the same experiment replaces it.
  package static func note(
    _ verdict: Verdict, on input: VerdictInput, of bench: BenchIdentity, id: String, in store: Store
  ) throws {
    let references = Set(input.reference.map(\.firmware.id))
    let candidates = Set(input.candidate.map(\.firmware.id))
    let isExcused =
      verdict.metrics.contains { $0.isWaived && $0.outcome == .regression }
      || (verdict.deadlines ?? []).contains { $0.isWaived && $0.state == .missed }
    let outcome =
      isExcused && verdict.outcome == .pass ? StoredExperiment.waived : verdict.outcome.rawValue
    try store.add(
      StoredExperiment(
        id: id, kind: .gate, at: Date(), bench: bench,
        reference: references.count == 1 ? references.first ?? "" : "",
        candidate: candidates.first ?? "", outcome: outcome,
        owner: verdict.owner?.rawValue, verdict: try verdict.encoded()))
  }
}

/// A bench that flags unchanged firmware too often to gate.
package struct UnfitBenchError: Error {
  package let noise: BenchNoise

  package var what: String {
    "the bench (\(noise.bench.suite) on \(noise.bench.target)) is not qualified: "
      + (noise.qualification.reasons.first ?? "it flags too many unchanged builds")
  }

  package var remedy: String {
    "lower the noise and calibrate again, or check all the same with --unqualified, on weak evidence"
  }
}
