/// Ordinary least squares for a handful of columns.
struct LinearModel {
  /// What is known of one coefficient.
  struct Fit {
    var coefficient: Double
    /// Of the residuals; 0 without degrees of freedom.
    var variance: Double
    var degreesOfFreedom: Int
    /// Variance of the coefficient per unit of residual variance.
    var leverage: Double
    /// What the model leaves of every response.
    var residuals: [Double]
  }

  private let width: Int
  private let inverse: [[Double]]
  /// Row by row.
  private let design: [Double]
  /// What every response counts in every coefficient, coefficient by coefficient.
  private let weights: [Double]

  /// Nil when the columns are not independent.
  /// - Parameter rows: one per run, equally long.
  init?(rows: [[Double]]) {
    guard let width = rows.first?.count, rows.count >= width else { return nil }
    var normal = [[Double]](repeating: [Double](repeating: 0, count: width), count: width)
    for row in rows {
      for i in 0..<width {
        for j in 0..<width { normal[i][j] += row[i] * row[j] }
      }
    }
    guard let inverse = Self.inverted(normal) else { return nil }
    self.width = width
    self.inverse = inverse
    design = rows.flatMap(\.self)
    weights = inverse.flatMap { line in
      rows.map { row in zip(line, row).reduce(0) { $0 + $1.0 * $1.1 } }
    }
  }

  /// Fits responses, one per row, and reports on a column.
  func fit(_ responses: [Double], column: Int) -> Fit {
    let count = responses.count
    var coefficients = [Double](repeating: 0, count: width)
    for i in 0..<width {
      var sum = 0.0
      for row in 0..<count { sum += weights[i * count + row] * responses[row] }
      coefficients[i] = sum
    }
    var residuals = responses
    var squares = 0.0
    for row in 0..<count {
      for i in 0..<width { residuals[row] -= design[row * width + i] * coefficients[i] }
      squares += residuals[row] * residuals[row]
    }
    let degrees = count - width
    return Fit(
      coefficient: coefficients[column], variance: degrees > 0 ? squares / Double(degrees) : 0,
      degreesOfFreedom: degrees, leverage: inverse[column][column], residuals: residuals)
  }

  /// Gauss-Jordan with pivoting; nil for a matrix without a sound inverse.
  private static func inverted(_ matrix: [[Double]]) -> [[Double]]? {
    let size = matrix.count
    let scale = matrix.flatMap { $0.map(abs) }.max() ?? 0
    guard scale > 0 else { return nil }
    var work = matrix.enumerated().map { i, row in
      row + (0..<size).map { $0 == i ? 1.0 : 0.0 }
    }
    for column in 0..<size {
      guard let pivot = (column..<size).max(by: { abs(work[$0][column]) < abs(work[$1][column]) }),
        abs(work[pivot][column]) > 1e-9 * scale
      else { return nil }
      work.swapAt(column, pivot)
      let divisor = work[column][column]
      for j in work[column].indices { work[column][j] /= divisor }
      for i in 0..<size where i != column {
        let factor = work[i][column]
        if factor != 0 {
          for j in work[i].indices { work[i][j] -= factor * work[column][j] }
        }
      }
    }
    return work.map { Array($0[size...]) }
  }
}
