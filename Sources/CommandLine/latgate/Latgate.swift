import ArgumentParser
import Foundation
import Glibc
import Jobs
import Reporting

/// Where the process begins.
@main
enum Program {
  /// Waits rather than being asynchronous: an asynchronous main ends its thread, for which the C
  /// library loads another library each time.
  static func main() {
    Task.detached {
      await Latgate.main()
      exit(0)
    }
    while true { pause() }
  }
}

/// The tool's table of contents.
struct Latgate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "latgate",
    abstract: "Gate firmware builds on latency.",
    discussion: """
      Runs BPF probes on production firmware during a scripted workload and compares the latency \
      histograms of a reference and a candidate build.

      First steps:
        latgate doctor                      what this machine and its devices lack
        latgate device boot demo            start a virtual ARM64 device
        latgate run smoke --device demo     one run, and what it measured
        latgate measure 'irq:softirq_entry ~ irq:softirq_exit by cpu,vec label vec'
        latgate live --probe block          the same, as it happens
        latgate check demo                  reference against candidate: pass or fail

      Exit codes: 0 pass, 1 regression, 2 inconclusive, 3 gate failed or invalid, 64 usage, \
      65 bad input file, 69 device unavailable, 70 internal error, 130 interrupted.
      """,
    version: Version.text,
    subcommands: [
      CheckCommand.self, RunCommand.self, MeasureCommand.self, LiveCommand.self,
      CompareCommand.self,
      VerdictCommand.self,
      CalibrateCommand.self, RunsCommand.self, BaselineCommand.self, HistoryCommand.self,
      WaiveCommand.self,
      WaiverCommand.self, FoldCommand.self, DeviceCommand.self, ProbesCommand.self,
      PreflightCommand.self,
      BuildCommand.self, FetchCommand.self, ExportCommand.self, PushCommand.self,
      ImportCommand.self,
      GCCommand.self,
      ValidateCommand.self, FirmwareKitCommand.self, QuarantineCommand.self,
      CampaignCommand.self, DoctorCommand.self,
      VersionCommand.self,
    ])

  static func main() async {
    do {
      try await Interruption.cancelling {
        if try await DeviceShell.runsPlain(CommandLine.arguments.dropFirst()) { return }
        var command: any ParsableCommand
        do {
          // Shells ask for names of devices, which takes waiting.
          command = try await asyncParseAsRoot()
        } catch {
          throw CommandLineError(cause: error)
        }
        if (command as? any ComputingCommand)?.computesOnly == true { Interruption.endsAnywhere() }
        do {
          if var asynchronous = command as? any AsyncParsableCommand {
            try await asynchronous.run()
          } else {
            try command.run()
          }
        } catch let error as ValidationError {
          throw RunningError(cause: error, command: type(of: command))
        }
      }
      // It was said; what a file or a program was to get must not look whole.
      if Console.hasLostResult { throw ExitCode(ExitStatus.internalError.rawValue) }
    } catch {
      finish(error)
    }
  }

  private static func finish(_ error: any Error) -> Never {
    // Help, usage errors and exit codes are ArgumentParser's own to print.
    if let fault = error as? CommandLineError {
      let unknown = UnknownCommand.find(CommandLine.arguments.dropFirst())
      guard exitCode(for: fault.cause) != .success, let unknown else {
        exit(withError: fault.cause)
      }
      finish(unknown)
    }
    if let fault = error as? RunningError {
      FileHandle.standardError.write(Data(fault.text.utf8))
      Foundation.exit(ExitStatus.usage.rawValue)
    }
    // `.failure` is its code for errors of other code.
    if error is ExitCode || exitCode(for: error) != .failure { exit(withError: error) }
    let console = Console()
    let report = ErrorReport(error)
    console.error(ErrorMessage.rendered(report.messages, console.errorStyle))
    Foundation.exit(report.status.rawValue)
  }

  /// Wrong usage that shows as the command runs, in the form of what shows before; ArgumentParser
  /// would add the usage of the whole tool.
  private struct RunningError: Error {
    var cause: ValidationError
    var command: any ParsableCommand.Type

    var text: String {
      let usage = Latgate.usageString(for: command)
        .replacing("\n", with: "\n       ")
      return "Error: \(cause.message)\nUsage: \(usage)\n"
    }
  }

  /// A command line that was not understood, or that asked for help.
  private struct CommandLineError: Error {
    var cause: any Error
  }
}
