import RegressionAnalysis

extension ExamCell {
  /// Unchanged builds of 1000 that may be called slower.
  private static func mostFlagged(_ noise: NoiseClass) -> Double { noise == .noisy ? 10 : 4 }

  private static func bench(
    _ noise: NoiseClass, iterations: Int = 5, habit: SimulatedModes? = nil, heavy: Bool = false
  ) -> SimulatedBench {
    var bench = SimulatedBench(noise)
    bench.iterations = iterations
    bench.habit = habit
    bench.heavyTails = heavy
    return bench
  }

  /// Of a suite that asks for medians alone: the mean, which stands guard, has three times their noise.
  private static func medians(_ bench: SimulatedBench) -> SimulatedBench {
    var bench = bench
    bench.asksMedians = true
    bench.quantileFactors = [1, 3, 3]
    return bench
  }

  /// Unchanged builds: rigs of all kinds, without a profile and with one that believes the rig
  /// quieter than it is. "All looks" never stops looking before 20 + 20 boots unless it finds
  /// something.
  static func unchanged(_ classes: [NoiseClass], _ experiments: Int) -> [ExamCell] {
    classes.flatMap { noise -> [ExamCell] in
      func cell(
        _ title: String, _ bench: SimulatedBench, factor: Double? = nil, all: Bool = false,
        isBound: Bool = true
      ) -> ExamCell {
        var plan = SimulationPlan(
          bench: bench, experiments: experiments, seed: 1, profileFactor: factor)
        plan.neverStops = all
        return ExamCell(
          title: "\(noise.rawValue), \(title)", plan: plan,
          bound: isBound ? .flagged(mostFlagged(noise)) : nil)
      }
      let plain = bench(noise)
      var cells = [
        cell("no profile", plain), cell("no profile, all looks", plain, all: true),
        cell("true profile", plain, factor: 1, all: true),
        cell("profile 1.5x too quiet", plain, factor: 1.5, all: true),
        cell("profile 2x too quiet", plain, factor: 2, all: true),
        cell("2 iterations", bench(noise, iterations: 2), all: true),
        cell("3 iterations", bench(noise, iterations: 3), all: true),
        cell("heavy tails", bench(noise, heavy: true), all: true),
      ]
      for unit in [SimulatedModes.Unit.iterations, .boots, .spells] {
        for share in [0.02, 0.1, 0.3, 0.5] {
          let habit = SimulatedModes(unit: unit, share: share, metrics: 6)
          cells.append(
            cell("\(unit.rawValue) of two kinds, \(share)", bench(noise, habit: habit), all: true))
        }
      }
      cells.append(cell("on guard", medians(plain), all: true))
      cells.append(
        cell("on guard, heavy tails", medians(bench(noise, heavy: true)), all: true))
      for (unit, share) in [
        (SimulatedModes.Unit.iterations, 0.1), (.iterations, 0.5), (.boots, 0.1),
      ] {
        let habit = SimulatedModes(unit: unit, share: share, metrics: 6)
        cells.append(
          cell(
            "on guard, \(unit.rawValue) of two kinds, \(share)",
            medians(bench(noise, habit: habit)), all: true))
      }
      let habit = SimulatedModes(unit: .boots, share: 0.5, wholeDistribution: true)
      cells.append(
        cell("medians of two kinds by boot, 0.5", bench(noise, habit: habit), isBound: false))
      cells.append(
        cell(
          "medians of two kinds by boot, 0.1",
          bench(
            noise, habit: SimulatedModes(unit: .boots, share: 0.1, wholeDistribution: true)),
          isBound: false))
      return cells
    }
  }

  /// Builds with a true defect. Bounds are what a rule of four stages found by an independent
  /// simulation of such rigs, and the boots that a finding may take.
  static func changed(_ classes: [NoiseClass], _ experiments: Int) -> [ExamCell] {
    classes.flatMap { noise -> [ExamCell] in
      func cell(
        _ title: String, _ effect: SimulatedEffect, _ bound: Bound?, iterations: Int = 5,
        factor: Double? = nil, asksMedians: Bool = false
      ) -> ExamCell {
        let rig = bench(noise, iterations: iterations)
        return ExamCell(
          title: "\(noise.rawValue), \(title)",
          plan: SimulationPlan(
            bench: asksMedians ? medians(rig) : rig, effect: effect, experiments: experiments,
            seed: 2, profileFactor: factor),
          bound: bound)
      }
      func shift(_ size: Double, _ part: SimulatedEffect.Part = .p50) -> SimulatedEffect {
        SimulatedEffect(shift: size, part: part)
      }
      func slow(
        _ unit: SimulatedModes.Unit, _ share: Double, _ metrics: Int
      ) -> SimulatedEffect {
        SimulatedEffect(modes: SimulatedModes(unit: unit, share: share, metrics: metrics))
      }
      let isNoisy = noise == .noisy
      return [
        cell("all +5%", shift(0.05), isNoisy ? nil : .found(0.9)),
        cell("all +10%", shift(0.1), .found(isNoisy ? 0.77 : 1, boots: isNoisy ? nil : 6)),
        cell("all +10%, profile", shift(0.1), .found(isNoisy ? 0.77 : 1), factor: 1),
        cell("all +20%", shift(0.2), .found(1)),
        cell("all +50%", shift(0.5), .found(1, boots: 6)),
        cell("p99 +10%", shift(0.1, .p99), isNoisy ? nil : .found(0.82)),
        cell("p99 +20%", shift(0.2, .p99), isNoisy ? nil : .found(0.99)),
        cell("iterations x10, .2, one metric", slow(.iterations, 0.2, 1), .found(0.26)),
        cell("iterations x10, .3, one metric", slow(.iterations, 0.3, 1), .found(0.65)),
        cell("iterations x10, .3, six metrics", slow(.iterations, 0.3, 6), .found(0.85)),
        cell("iterations x10, .5, one metric", slow(.iterations, 0.5, 1), .found(0.99)),
        cell("iterations x10, .5, six metrics", slow(.iterations, 0.5, 6), .found(0.99)),
        cell("iterations x10, .7, six metrics", slow(.iterations, 0.7, 6), .found(0.99)),
        cell("one iteration of five x10", slow(.each, 0.2, 1), .passed(0)),
        cell("3 iterations a boot, .5, six metrics", slow(.iterations, 0.5, 6), nil, iterations: 3),
        cell("2 iterations a boot, .5, six metrics", slow(.iterations, 0.5, 6), nil, iterations: 2),
        cell("boots x10, .5, six metrics", slow(.boots, 0.5, 6), .found(0.44)),
        cell("boots x10, .75, six metrics", slow(.boots, 0.75, 6), .found(0.96)),
        cell("spells x10, .5, six metrics", slow(.spells, 0.5, 6), nil),
        cell("mean x10, on guard", slow(.iterations, 1, 1), .found(1), asksMedians: true),
        cell(
          "mean x10, .5 of iterations, on guard", slow(.iterations, 0.5, 1), nil,
          asksMedians: true),
        cell("noise x2", SimulatedEffect(noise: 2), nil),
      ]
    }
  }

  /// Body slower while the event rate moves: histograms and all.
  static func rates(_ experiments: Int) -> [ExamCell] {
    [-0.12, 0.12, 0.3].map { rate in
      var plan = SimulationPlan(
        bench: bench(.typical), effect: SimulatedEffect(shift: 0.3, rate: rate),
        experiments: experiments, seed: 3)
      plan.makesRecords = true
      return ExamCell(
        title: "typical, all +30%, rate \(rate > 0 ? "+" : "")\(Int((rate * 100).rounded()))%",
        plan: plan, bound: .passed(0))
    }
  }
}
