/// A request that a job cannot carry out: the user has to ask for something else.
package enum JobError: Error, Sendable, Equatable {
  case emptyBaseline(name: String)
  /// A design needs more devices than there are.
  case tooFewDevices(layout: String, needed: Int)
  /// A probe of the name is there.
  case nameTaken(name: String, file: String)
  case noProbeName(name: String)
  /// A file that is neither a manifest nor a program of a probe.
  case noProbeFile(path: String)
}

extension JobError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .emptyBaseline(let name): "baseline \(name) has no runs; see 'latgate baseline list'"
    case .nameTaken(let name, let file):
      "a probe '\(name)' is in \(file): choose another name, or remove the file"
    case .noProbeName(let name):
      "'\(name)' is no name of a probe: write up to 24 small letters, digits and '_', a letter first"
    case .noProbeFile(let path):
      "\(path) is no probe: name a manifest (.yaml) or a program (.bpf.c)"
    case .tooFewDevices(let layout, let needed):
      "a \(layout) takes \(needed) devices of one model; give --device for each, or another "
        + "--design"
    }
  }
}
