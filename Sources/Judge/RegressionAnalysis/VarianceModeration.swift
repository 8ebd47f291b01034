import Foundation

/// Shrinks the variances of many metrics, each from few runs, towards what the bench is known for.
///
/// With four runs per arm a variance of one metric alone is worth little; together the metrics say
/// how noisy this bench is today. With a constant prior this is limma's eBayes (Smyth 2004); the
/// factor `lambda` lets a noisier day show, which a frozen profile would not.
package struct VarianceModeration: Sendable, Equatable {
  /// One metric's residual variance and what was known of it before.
  package struct Input: Sendable, Equatable {
    /// Above zero.
    package var variance: Double
    package var degreesOfFreedom: Double
    /// Above zero.
    package var prior: Double
    /// Degrees of freedom behind the prior.
    package var priorDegrees: Double

    package init(
      variance: Double, degreesOfFreedom: Double, prior: Double, priorDegrees: Double
    ) {
      self.variance = variance
      self.degreesOfFreedom = degreesOfFreedom
      self.prior = prior
      self.priorDegrees = priorDegrees
    }
  }

  /// Metrics below which nothing is learnt from the others.
  package static let minimumMetrics = 4
  /// Degrees of freedom that priors without a profile may have at most.
  package static let unprofiledDegrees = 50.0

  /// Today's noise over the prior, at least 1.
  package let lambda: Double
  /// How many degrees of freedom the prior is worth, before each metric's own cap.
  package let priorDegrees: Double

  /// Learns from all metrics of a stage.
  /// - Parameter inputs: in any order; entries with impossible numbers are left out.
  package init(_ inputs: [Input]) {
    let usable = inputs.filter {
      $0.variance > 0 && $0.prior > 0 && $0.variance.isFinite && $0.prior.isFinite
        && $0.degreesOfFreedom > 0
    }
    guard
      let ensemble = Ensemble(
        usable.map { ($0.variance / $0.prior, $0.degreesOfFreedom) })
    else {
      lambda = 1
      priorDegrees = 0
      return
    }
    priorDegrees = ensemble.degreesOfFreedom
    lambda = max(1, ensemble.variance)
  }

  /// What many variances have in common: a scaled inverse chi-squared distribution.
  struct Ensemble {
    var variance: Double
    /// Infinite when the variances differ no more than chance makes them.
    var degreesOfFreedom: Double

    /// Nil with fewer than ``VarianceModeration/minimumMetrics``.
    init?(_ members: [(variance: Double, degreesOfFreedom: Double)]) {
      guard members.count >= VarianceModeration.minimumMetrics else { return nil }
      let e = members.map {
        log($0.variance) - digamma($0.degreesOfFreedom / 2) + log($0.degreesOfFreedom / 2)
      }
      let count = Double(e.count)
      let mean = e.reduce(0, +) / count
      let spread = e.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
      let expected = members.reduce(0) { $0 + trigamma($1.degreesOfFreedom / 2) } / count
      let excess = spread - expected
      let degrees = excess > 0 ? 2 * inverseTrigamma(excess) : .infinity
      degreesOfFreedom = degrees
      let shift = degrees.isFinite ? digamma(degrees / 2) - log(degrees / 2) : 0
      variance = exp(mean + shift)
    }
  }

  /// Probability of a variance so far above what is known that it is the metric's own.
  package static let outlier = 0.01

  /// The moderated variance of a metric and its degrees of freedom.
  ///
  /// A metric whose variance lies far above what the others share keeps its own (Phipson et al.
  /// 2016): a metric that sometimes jumps, as intermittent slowness and boots of two kinds do, must
  /// not be taken for a quiet one.
  package func moderated(_ input: Input) -> (variance: Double, degreesOfFreedom: Double) {
    let d0 = min(priorDegrees, input.priorDegrees)
    let d = input.degreesOfFreedom
    guard d0 + d > 0 else { return (input.variance, 0) }
    let ratio = input.variance / (lambda * input.prior)
    if d > 0, fTail(ratio, d, max(d0, 1)) < Self.outlier { return (input.variance, d) }
    return ((d0 * lambda * input.prior + d * input.variance) / (d0 + d), d0 + d)
  }
}
