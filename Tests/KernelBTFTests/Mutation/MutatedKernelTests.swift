import Foundation
import KernelTypes
import Testing

@testable import ProbeBuild

/// Every field that a probe reads, changed in every way: the probe counts as it did, or is lost and
/// the reason named. It never counts something else.
///
/// A sixteenth of the mutations is played, as they take minutes and keep other tests from their threads;
/// all of them with `LATGATE_ALL_MUTATIONS=1`.
@Suite(.serialized) struct MutatedKernelTests {
  private static let playsAll =
    ProcessInfo.processInfo.environment["LATGATE_ALL_MUTATIONS"] == "1"

  private struct Tally {
    var fields: Set<String> = []
    var mutations = 0
    var fits = 0
    var lost = 0
    var wrong: [String] = []
  }

  /// Programs that are played, and for whom.
  private struct Subject {
    var probe: String
    var scope: ProbeScenario.Scope?
    var file: ObjectFile

    var name: String { scope.map { "\(probe) for one \($0)" } ?? probe }
  }

  /// Two stand for all that are built for a scope: one whose programs may load fields, and one whose
  /// programs ask of the running task.
  private static let scoped: Set = ["fsync", "runqueue"]

  private func subjects() async throws -> [Subject] {
    let builder = try ProbeBuilder(share: ShareRoot(path: repository))
    func read(_ source: ProbeSource) async throws -> ObjectFile {
      let object = try await builder.object(of: source, abi: .arm64)
      return try ObjectFile([UInt8](try Data(contentsOf: URL(fileURLWithPath: object.path))))
    }
    var subjects = [
      Subject(
        probe: PreparedSpan.probe, file: try ObjectFile(try await PreparedSpan.object(builder)))
    ]
    for source in try catalogueProbes(of: repository)
    where KernelObjects.probes.contains(source.name) {
      subjects.append(Subject(probe: source.name, file: try await read(source)))
      guard Self.scoped.contains(source.name) else { continue }
      let file = try await read(source.scoped)
      subjects += ProbeScenario.Scope.allCases.map {
        Subject(probe: source.name, scope: $0, file: file)
      }
    }
    return subjects
  }

  /// The kernel's types as clang writes them.
  private func types(_ fixture: Fixture, _ source: String) throws -> BTFTypes {
    try BTFTypes(fixture.btf(source))
  }

  @Test(arguments: [false, true])
  func noProbeCountsSomethingElse(isOld: Bool) async throws {
    let subjects = try await subjects()
    #expect(
      subjects.count == KernelObjects.probes.count + 1 + 2 * ProbeScenario.Scope.allCases.count)
    let source = KernelSource(isOld: isOld)
    var tally = Tally()
    try await withFixture { fixture in
      let today = ProbeScenario(
        kernel: try types(fixture, source.text()), isOld: isOld, enumerators: [:])
      var expected: [String: ProbeScenario.Outcome] = [:]
      for subject in subjects {
        for rung in Self.rungs {
          guard
            let outcome = try today.play(
              subject.probe, subject.file, rung: rung, scope: subject.scope)
          else { continue }
          let what = "\(subject.name) \(rung)"
          try #require(outcome.lost == [], "\(what)")
          #expect(outcome.events > 0, "\(what)")
          #expect(outcome.counted.contains { $0.hasPrefix("h_") }, "\(what)")
          expected[what] = outcome
        }
      }
      func judge(
        _ kernel: String, isReadable: Bool?, changed: [String: (name: String, value: Int)],
        _ what: (owner: String, name: String), _ how: String
      ) throws {
        let scenario = ProbeScenario(
          kernel: try types(fixture, kernel), isOld: isOld, enumerators: changed)
        var lost = 0
        for subject in subjects {
          for rung in Self.rungs {
            guard let known = expected["\(subject.name) \(rung)"], known.asks(about: what.name),
              let outcome = try scenario.play(
                subject.probe, subject.file, rung: rung, scope: subject.scope)
            else { continue }
            tally.fields.insert("\(what.owner).\(what.name)")
            if outcome.lost.isEmpty {
              if outcome.counted == known.counted {
                tally.fits += 1
              } else {
                tally.wrong.append("\(subject.name) \(rung): \(what) \(how)")
              }
            } else {
              lost += 1
            }
          }
        }
        tally.lost += lost
        tally.mutations += 1
        if isReadable == true { #expect(lost == 0, "\(what) \(how)") }
        if isReadable == false { #expect(lost > 0, "\(what) \(how)") }
      }
      for (number, field) in source.fields.enumerated() {
        for (place, mutation) in source.mutations(of: field).enumerated()
        where Self.playsAll || (number + place).isMultiple(of: 16) {
          // Other tests want the threads, too.
          await Task.yield()
          try judge(
            source.text(field, mutation), isReadable: mutation.isReadable, changed: [:],
            (field.owner, field.name), mutation.name)
        }
      }
      for (name, value) in KernelSource.enumerators {
        for (new, number, isReadable) in [(name, value + 4, true), (name + "_NEW", value, false)] {
          let changed = [name: (name: new, value: number)]
          try judge(
            source.text(nil, nil, changed), isReadable: isReadable, changed: changed,
            ("enum", name), "\(new) = \(number)")
        }
      }
    }
    print(
      """
      \(isOld ? "before 5.14" : "of today"): \(KernelObjects.probes.count) probes, prepared programs, \
      2 probes for each of \(ProbeScenario.Scope.allCases.count) scopes; \
      \(tally.fields.count) fields and enumerators, \(tally.mutations) mutations: \(tally.fits) times fits and counts the same, \
      \(tally.lost) times lost and named, \(tally.wrong.count) times a wrong count
      """)
    #expect(tally.wrong == [])
    #expect(tally.mutations > 0 && tally.fits > 0 && tally.lost > 0)
  }

  /// A probe that reads by helper at the width it was declared with: what the kernel counts is wrong
  /// and nothing on the device says so. Then preflight does.
  @Test func aReadOfFixedWidthIsLostBeforeItCountsWrong() async throws {
    let source = """
      #define SEC(name) __attribute__((section(name), used))
      struct task_struct {
        unsigned int flags, on_cpu; int pid, tgid; unsigned long long start_time;
      } __attribute__((preserve_access_index));
      struct {
        int (*type)[2]; int (*max_entries)[1]; unsigned int *key; unsigned long long *value;
      } h_blind SEC(".maps");
      static void *(*look_up)(void *, const void *) = (void *)1;
      static long (*probe_read)(void *, unsigned int, const void *) = (void *)113;
      #define READ(field) ({ \
        __typeof__(task->field) value_ = 0; \
        probe_read(&value_, sizeof(value_), __builtin_preserve_access_index(&task->field)); \
        (unsigned int)value_; })
      SEC("raw_tp/sched_wakeup") int sched_wakeup__raw_tp(unsigned long long *ctx) {
        struct task_struct *task = (void *)ctx[0];
        unsigned int zero = 0;
        unsigned long long *sum = look_up(&h_blind, &zero);
        if (sum)
          *sum = *sum * 31 + READ(flags) + READ(on_cpu) + READ(pid) + READ(tgid) + READ(start_time);
        return 0;
      }
      char LICENSE[] SEC("license") = "GPL";

      """
    let kernel = KernelSource(isOld: false)
    let read = ["flags", "on_cpu", "pid", "tgid", "start_time"]
    let fields = kernel.fields.filter { $0.owner == "task_struct" && read.contains($0.name) }
    #expect(fields.count == read.count)
    try await withFixture { fixture in
      let object = try fixture.object(source)
      let file = try ObjectFile([UInt8](Data(contentsOf: URL(fileURLWithPath: object.path))))
      func play(_ text: String) throws -> ProbeScenario.Outcome {
        let scenario = ProbeScenario(
          kernel: try types(fixture, text), isOld: false, enumerators: [:])
        return try #require(
          try scenario.play("runqueue", file, rung: "raw_tp", evenIfLost: true))
      }
      let today = try play(kernel.text())
      #expect(today.lost == [])
      var (wrong, right) = (0, 0)
      for field in fields {
        for mutation in kernel.mutations(of: field) {
          let outcome = try? play(kernel.text(field, mutation))
          // Without an outcome, the program was refused as it ran.
          guard let outcome, outcome.counted == today.counted else {
            wrong += 1
            #expect(
              outcome?.lost.contains("struct task_struct.\(field.name)") ?? true,
              "\(field.name) \(mutation.name)")
            continue
          }
          right += 1
        }
      }
      #expect(wrong > 20)
      #expect(right > 10)
    }
  }

  private static let rungs = ["tp_btf", "raw_tp", "tracepoint"]
}
