import ADBPeers
import Devices
import Foundation

/// What `ci/bench` times of adb spoken directly, and the daemon that it is timed with.
@main
struct LatgateBench {
  static let usage = """
    usage: latgate-bench shell DEVICE COUNT   ms of each of so many 'true', over one connection
           latgate-bench daemon PORT          an adbd until stdin ends; prints the directory of the
                                              programs and LD_LIBRARY_PATH for them
    """

  static func main() async {
    do {
      try await run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      FileHandle.standardError.write(Data("latgate-bench: \(error)\n".utf8))
      exit(70)
    }
  }

  private static func run(_ words: [String]) async throws {
    if words.count == 2, words[0] == "daemon", let port = UInt16(words[1]) {
      try await daemon(port)
    } else if words.count == 3, words[0] == "shell", let count = Int(words[2]) {
      let environment = ProcessInfo.processInfo.environment
      try await shell(try DeviceAddress(words[1]).device(environment: environment), count)
    } else {
      FileHandle.standardError.write(Data("\(usage)\n".utf8))
      exit(64)
    }
  }

  private static func shell(_ device: any Device, _ count: Int) async throws {
    for _ in 0..<count {
      let begun = ContinuousClock.now
      _ = try await device.exec("true", timeout: .seconds(20))
      print((ContinuousClock.now - begun) / .milliseconds(1))
    }
  }

  private static func daemon(_ port: UInt16) async throws {
    let daemon = try await RealADBD.start(port: port)
    let facts = "\(PeerPackages.programs(root: daemon.root))\n\(daemon.libraries)\n"
    // print() would keep them until the end.
    FileHandle.standardOutput.write(Data(facts.utf8))
    while readLine() != nil {}
    // exit() would run no deinit.
    daemon.stop()
    try? FileManager.default.removeItem(atPath: daemon.work)
  }
}
