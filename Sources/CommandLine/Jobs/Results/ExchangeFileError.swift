/// Why histograms were not read or written.
package struct ExchangeFileError: Error, CustomStringConvertible {
  package var place: String
  package var problem: String

  package init(place: String, problem: String) {
    self.place = place
    self.problem = problem
  }

  package var description: String { "\(place): \(problem)" }
}
