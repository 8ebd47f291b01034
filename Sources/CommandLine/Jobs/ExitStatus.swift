/// latgate's public exit codes. Scripts rely on them: never renumber.
package enum ExitStatus: Int32 {
  /// No confirmed regression, and every gating metric's upper bound is under its budget.
  case pass = 0
  /// A confirmed regression.
  case regression = 1
  /// Not enough evidence: a budget was not shown to be met.
  case inconclusive = 2
  /// A gate failed: probe lost, overhead over budget, data invalid.
  case gateFailed = 3
  /// The command line is wrong (`EX_USAGE`).
  case usage = 64
  /// An input file is wrong or missing (`EX_DATAERR`).
  case badInput = 65
  /// No device, or it went away (`EX_UNAVAILABLE`).
  case deviceUnavailable = 69
  /// A fault of latgate itself or of the host (`EX_SOFTWARE`).
  case internalError = 70
  /// Stopped by ctrl-C or SIGTERM.
  case interrupted = 130
}
