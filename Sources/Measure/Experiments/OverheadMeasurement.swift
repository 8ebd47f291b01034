import AgentSession
import Foundation
import RegressionAnalysis
import RunRecords

/// Learns what the probes cost, in iterations made for it alone.
///
/// Pairs of iterations, probes off and on, in the order off on, on off, …: a drift of the device
/// falls on both alike. Then one with the kernel's own account of BPF programs, which costs time
/// itself and so has no part in the slowdown.
struct OverheadMeasurement: Sendable {
  let session: AgentClient
  let pairs: Int
  /// Probes that the agent has, in the order in which they are taken away.
  let probes: [String]
  let possibleCPUs: Int
  let budget: OverheadBudget

  /// What an iteration without probes is made for.
  static let off = "off"

  /// Of an iteration: ns by phase.
  typealias Times = [String: Double]

  /// `make` makes an iteration and notes what it was for.
  func run(_ make: (String) async throws -> IterationRecord) async throws -> OverheadRecord {
    var timed: [(without: Times, with: Times)] = []
    for number in 0..<pairs {
      var made: [Bool: Times] = [:]
      for isOn in number.isMultiple(of: 2) ? [false, true] : [true, false] {
        if isOn { try await session.attach() } else { try await session.detach() }
        let iteration = try await make(isOn ? "on" : Self.off)
        made[isOn] = Self.times(iteration)
      }
      if let without = made[false], let with = made[true] { timed.append((without, with)) }
    }
    try await session.attach()
    var record = try await account(make)
    if let slowdown = OverheadBudget.slowdown(pairs: timed) {
      record.slowdown = slowdown.change
      record.slowdownInterval = slowdown.interval
      record.pairs = slowdown.pairs
    }
    if case .over = budget.standing(of: record), record.programs.isEmpty, probes.count > 1 {
      record.probeSlowdowns = try await leaveOut(timed, make)
    }
    return record
  }

  /// What the kernel says of each program, where it does.
  private func account(
    _ make: (String) async throws -> IterationRecord
  ) async throws -> OverheadRecord {
    do {
      _ = try await session.setStatistics(enabled: true)
    } catch AgentSessionError.refused {
      return OverheadRecord(cpuShare: nil)
    }
    let iteration = try await make("stats")
    let programs = try await session.setStatistics(enabled: false).map {
      ProgramCost(
        probe: $0.probe, program: $0.program, runs: $0.runCount, ns: $0.runNanoseconds,
        recursionMisses: $0.recursionMisses)
    }
    // The device's own clock: under emulation the host's runs at another speed.
    let open = iteration.phases.reduce(0 as UInt64) { $0 &+ $1.durationNs }
    return OverheadRecord(
      programs: programs,
      cpuShare: OverheadGate.cpuShare(programs: programs, windowNs: open, cpus: possibleCPUs))
  }

  /// Takes one probe after the other away: what the workload gains is what the probe took.
  private func leaveOut(
    _ timed: [(without: Times, with: Times)], _ make: (String) async throws -> IterationRecord
  ) async throws -> [String: Double] {
    guard let last = timed.last else { return [:] }
    var states: [Times?] = [last.with]
    for probe in probes.dropLast() {
      try await session.unload(probe)
      states.append(Self.times(try await make("without \(probe)")))
    }
    return Self.shares(of: probes, states + [last.without])
  }

  /// What each probe adds to the slowdown.
  /// - Parameters:
  ///   - probes: in the order in which they are taken away.
  ///   - states: times with all of them, without the first, and so on until none is left; nil of
  ///     an iteration that does not count.
  /// - Returns: by probe; nothing of one whose time with it, or without it, is not known.
  static func shares(of probes: [String], _ states: [Times?]) -> [String: Double] {
    var found: [String: Double] = [:]
    for (probe, (with, without)) in zip(probes, zip(states, states.dropFirst())) {
      guard let with, let without else { continue }
      found[probe] = OverheadBudget.slowdown(pairs: [(without, with)])?.change
    }
    return found
  }

  /// Nil for an iteration that was dropped.
  static func times(_ iteration: IterationRecord) -> Times? {
    guard iteration.dropped == nil else { return nil }
    return Dictionary(iteration.phases.map { ($0.name, Double($0.durationNs)) }) { first, _ in first
    }
  }
}
