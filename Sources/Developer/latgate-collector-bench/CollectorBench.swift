import Foundation

/// What `ci/bench` times of the collector: reports by TLS over kept connections, each answered when it is on
/// the disk; and what it needs for timing the judge: an index with many reports.
@main
struct CollectorBench {
  static func main() async {
    #if Collector
      do {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "fill" {
          try FillRun(arguments: Array(arguments.dropFirst())).run()
        } else {
          try await BenchRun(arguments: arguments).run()
        }
      } catch {
        FileHandle.standardError.write(Data("latgate-collector-bench: \(error)\n".utf8))
        exit(70)
      }
    #else
      FileHandle.standardError.write(
        Data("latgate-collector-bench: build with --traits Collector\n".utf8))
      exit(69)
    #endif
  }
}
