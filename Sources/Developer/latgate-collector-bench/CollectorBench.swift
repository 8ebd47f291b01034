import Foundation

/// What `ci/bench` times of the collector: reports by TLS over kept connections, each answered when it is on
/// the disk.
@main
struct CollectorBench {
  static func main() async {
    #if Collector
      do {
        try await BenchRun(arguments: Array(CommandLine.arguments.dropFirst())).run()
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
