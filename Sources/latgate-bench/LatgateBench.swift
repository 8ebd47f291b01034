import ADBPeers
import Devices
import Foundation

/// What `ci/bench` times of adb spoken directly, and the daemon that it is timed with.
@main
struct LatgateBench {
  static let usage = """
    usage: latgate-bench DEVICE push LOCAL REMOTE
           latgate-bench DEVICE pull REMOTE LOCAL
           latgate-bench DEVICE shell COUNT   ms of each of so many 'true', over one connection
           latgate-bench daemon PORT          an adbd until stdin ends; prints the folder of the
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
      return try await daemon(port)
    }
    guard words.count >= 3 else { return complain() }
    let device = try DeviceAddress(words[0]).device(
      environment: ProcessInfo.processInfo.environment)
    switch (words[1], words.count) {
    case ("push", 4): try await device.push(words[2], to: words[3], mode: 0o644)
    case ("pull", 4): try await device.pull(words[2], to: words[3])
    case ("shell", 3): try await shell(device, Int(words[2]) ?? 1)
    default: complain()
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

  private static func complain() {
    FileHandle.standardError.write(Data("\(usage)\n".utf8))
    exit(64)
  }
}
