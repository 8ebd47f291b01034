import ArgumentParser
import Jobs

extension ExitStatus {
  var code: ExitCode { ExitCode(rawValue) }
}
