/// A request that a job cannot carry out: the user has to ask for something else.
package enum JobError: Error, Sendable, Equatable {
  case emptyBaseline(name: String)
  /// A design needs more devices than there are.
  case tooFewDevices(layout: String, needed: Int)
}

extension JobError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .emptyBaseline(let name): "baseline \(name) has no runs; see 'latgate baseline list'"
    case .tooFewDevices(let layout, let needed):
      "a \(layout) takes \(needed) devices of one model; give --device for each, or another "
        + "--design"
    }
  }
}
