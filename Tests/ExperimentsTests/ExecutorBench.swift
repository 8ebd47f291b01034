import AgentPeer
import Devices
import Foundation
import RecordStore
import RunRecords
import Synchronization

@testable import Catalogs
@testable import Experiments
@testable import ProbeBuild

/// A directory for runs over the real agent, whose engine needs no BPF, on this machine.
final class ExecutorBench: Sendable {
  let directory: String

  init() throws {
    directory = NSTemporaryDirectory() + "latgate-run-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: "\(directory)/device", withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: directory)
  }

  /// What the engine was asked, in order.
  var trace: [String] {
    let text = try? String(contentsOfFile: "\(directory)/trace", encoding: .utf8)
    return (text ?? "").split(separator: "\n").map(String.init)
  }

  func has(_ file: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(directory)/\(file)")
  }

  func path(_ file: String) -> String { "\(directory)/\(file)" }

  /// `fault` is what the engine fails at.
  func device(fault: String = "") -> DirectoryDevice {
    DirectoryDevice(
      base: "\(directory)/device",
      environment: [
        "LATGATE_FAKE_TRACE": path("trace"), "LATGATE_FAKE_FAULT": fault,
        "LATGATE_FAKE_OTHER": path("other"),
      ])
  }

  func store() async throws -> Store { try await Store.open(path: path("store/latgate.sqlite")) }

  /// A probe with seven metrics: the engine gives results for the one with the number 7.
  static func probe(_ name: String) -> ProbeManifest {
    ProbeManifest(
      name: name, title: "", question: "", object: "\(name).bpf.c", cost: .low, privacy: .none,
      comparedWith: nil, t0Events: [],
      metrics: (1...7).map { number in
        ProbeMetric(
          name: "\(name).m\(number)", help: "", unit: "ns", map: "h_\(number)",
          counters: number - 1,
          key: [KeyField(name: "class", size: 4, kind: .values([2: "kernel"]))])
      }, file: "")
  }

  /// A run of a workload with two measured iterations after a warm-up.
  func request(
    _ workload: String, probes: [String] = ["fake"], trusts: Bool = true,
    loadHelper: String = "/bin/true"
  ) async throws -> RunRequest {
    let agent = try await TestAgent.shared.value
    let object = path("object")
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: object))
    var suite = SuiteDefinition.observing(probes: probes, on: "local")
    suite.iterations = 2
    suite.warmup = 1
    suite.limits.drain = .zero
    let built = BuildArtifact(path: object, hash: String(repeating: "0", count: 64), size: 3)
    let bundle = ProbeBundle(
      abi: .x86_64,
      agent: BuildArtifact(path: agent.path, hash: String(repeating: "a", count: 64), size: 0),
      loadHelper: BuildArtifact(
        path: loadHelper, hash: String(repeating: "b", count: 64), size: 0),
      objects: Dictionary(uniqueKeysWithValues: probes.map { ($0, built) }),
      systemCalls: SystemCallTable(names: [:]))
    var request = RunRequest(
      suite: suite, workload: try WorkloadDefinition.parse(workload, file: "w.yaml"),
      probes: probes.map(Self.probe), bundle: bundle, stability: .none, target: "local",
      transport: "local", firmwareName: "here", tier: .t2,
      safety: LoadSafety(store: try await store(), trusts: trusts), reconnect: .zero,
      measuresOverhead: false, toolVersion: "test")
    request.asksBench = false
    return request
  }

  /// What is reported of a run, and one's own part in it.
  final class Progress: Sendable {
    private let heard = Mutex<[RunProgress]>([])
    private let act: @Sendable (RunProgress) -> Void

    init(_ act: @escaping @Sendable (RunProgress) -> Void = { _ in }) { self.act = act }

    var activities: [String] { heard.withLock { $0.map(\.activity) } }
    var notes: [String] { heard.withLock { $0.compactMap(\.note) } }

    func take(_ progress: RunProgress) {
      heard.withLock { $0.append(progress) }
      act(progress)
    }
  }

  func run(
    _ request: RunRequest, fault: String = "", _ progress: Progress = Progress()
  ) async throws -> RunRecord {
    try await RunExecutor(request: request, device: device(fault: fault)) { progress.take($0) }
      .run()
  }
}
