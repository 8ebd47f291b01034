import ForeignReaders
import Foundation
import RunRecords
import Testing

@testable import HistogramExchange

private let hasProtobuf = ForeignReader.has("google.protobuf")
private let hasSchemas = ForeignReader.has("jsonschema")

/// Stacks as other programs read them.
struct StackTests {
  private static let run: RecordedRun = {
    var made = record
    made.symbols = SymbolsRecord(
      kernel: ["1": "entry+0x1", "2": "do_read+0x2 [ext4]"],
      files: [.init(buildID: "00ff", path: "/bin/sh", symbols: ["9": "main;loop+0x3"])])
    made.iterations[0].phases[0].stacks = [
      StacksRecord(
        metric: "profile.cpu", labels: ["comm": "sh", "class": "user"], unit: "ns",
        stacks: [
          .init(
            count: 3, sum: 30, kernel: ["2", "1"], user: [.init(buildID: "00ff", address: "9")]),
          .init(count: 1, sum: 10, kernel: [], user: [.init(buildID: "00ff", address: "8")]),
        ], dropped: 0)
    ]
    return RecordedRun(made)
  }()

  private func bytes(_ name: String) throws -> [UInt8] {
    let format = try #require(HistogramFormats.all.first { $0.name == name })
    #expect(format.canWrite(Self.run) && !format.canWrite(HistogramExchangeTests.run))
    return try format.bytes([Self.run])
  }

  @Test func foldedLinesHaveTheirWeightAtTheEnd() throws {
    #expect(
      String(decoding: try bytes("folded"), as: UTF8.self) == """
        sh, user;[sh] 10
        sh, user;main_loop;entry_[k];do_read_[k] 30

        """)
  }

  /// The parts of speedscope's own schema that say what a sampled profile is.
  @Test(.enabled(if: hasSchemas, "python3-jsonschema is not installed"))
  func speedscopeAcceptsItsFile() throws {
    let found = try ForeignReader.run(
      """
      import json, sys, jsonschema
      whole = {"type": "integer", "minimum": 0}
      schema = {
          "type": "object", "required": ["$schema", "profiles", "shared"],
          "additionalProperties": False,
          "properties": {
              "$schema": {"const": "https://www.speedscope.app/file-format-schema.json"},
              "activeProfileIndex": {"type": "number"}, "exporter": {"type": "string"},
              "name": {"type": "string"},
              "shared": {"type": "object", "required": ["frames"], "properties": {
                  "frames": {"type": "array", "items": {
                      "type": "object", "required": ["name"], "additionalProperties": False,
                      "properties": {"name": {"type": "string"}, "file": {"type": "string"},
                                     "line": {"type": "number"}, "col": {"type": "number"}}}}}},
              "profiles": {"type": "array", "items": {
                  "type": "object", "additionalProperties": False,
                  "required": ["endValue", "name", "samples", "startValue", "type", "unit", "weights"],
                  "properties": {
                      "type": {"const": "sampled"}, "name": {"type": "string"},
                      "unit": {"enum": ["bytes", "microseconds", "milliseconds", "nanoseconds",
                                        "none", "seconds"]},
                      "startValue": {"type": "number"}, "endValue": {"type": "number"},
                      "samples": {"type": "array", "items": {"type": "array", "items": whole}},
                      "weights": {"type": "array", "items": {"type": "number"}}}}}}}
      file = json.load(sys.stdin)
      jsonschema.validate(file, schema)
      names = [f["name"] for f in file["shared"]["frames"]]
      for profile in file["profiles"]:
          assert sum(profile["weights"]) == profile["endValue"]
          assert len(profile["weights"]) == len(profile["samples"])
          print(profile["name"], profile["unit"])
          for sample, weight in zip(profile["samples"], profile["weights"]):
              print(weight, " > ".join(names[i] for i in sample))
      """, input: try bytes("speedscope"))
    #expect(
      found == """
        profile.cpu@read nanoseconds
        10 sh, user > [sh]
        30 sh, user > main;loop > entry > do_read

        """)
  }

  /// By the fields of pprof's profile.proto, given to Google's own library.
  @Test(.enabled(if: hasProtobuf, "protobuf is not installed: run ci/setup"))
  func protocolBuffersReadThePprofProfile() throws {
    let found = try ForeignReader.run(
      """
      import sys
      from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
      file = descriptor_pb2.FileDescriptorProto(name="profile.proto", package="p", syntax="proto3")
      def message(name, *fields):
          made = file.message_type.add(name=name)
          for number, field, kind, many in fields:
              f = made.field.add(name=field, number=number, label=3 if many else 1)
              if kind in ("int64", "uint64", "string"):
                  f.type = {"int64": 3, "uint64": 4, "string": 9}[kind]
              else:
                  f.type, f.type_name = 11, ".p." + kind
      message("ValueType", (1, "type", "int64", 0), (2, "unit", "int64", 0))
      message("Sample", (1, "location_id", "uint64", 1), (2, "value", "int64", 1))
      message("Line", (1, "function_id", "uint64", 0), (2, "line", "int64", 0))
      message("Location", (1, "id", "uint64", 0), (4, "line", "Line", 1))
      message("Function", (1, "id", "uint64", 0), (2, "name", "int64", 0),
              (3, "system_name", "int64", 0), (4, "filename", "int64", 0))
      message("Profile", (1, "sample_type", "ValueType", 1), (2, "sample", "Sample", 1),
              (4, "location", "Location", 1), (5, "function", "Function", 1),
              (6, "string_table", "string", 1), (9, "time_nanos", "int64", 0),
              (10, "duration_nanos", "int64", 0), (13, "comment", "int64", 1),
              (14, "default_sample_type", "int64", 0))
      pool = descriptor_pool.DescriptorPool()
      pool.Add(file)
      Profile = message_factory.GetMessageClass(pool.FindMessageTypeByName("p.Profile"))
      profile = Profile()
      profile.ParseFromString(sys.stdin.buffer.read())
      text = profile.string_table
      assert text[0] == ""
      functions = {f.id: f for f in profile.function}
      locations = {l.id: functions[l.line[0].function_id] for l in profile.location}
      print([(text[t.type], text[t.unit]) for t in profile.sample_type])
      print(text[profile.default_sample_type], profile.time_nanos, profile.duration_nanos)
      for sample in profile.sample:
          print(list(sample.value), [text[locations[i].name] for i in sample.location_id],
                [text[locations[i].filename] for i in sample.location_id])
      """, input: try bytes("pprof"))
    #expect(
      found == """
        [('profile.cpu events', 'count'), ('profile.cpu', 'nanoseconds')]
        profile.cpu 1790000000000000000 1500000000
        [1, 10] ['[sh]', 'sh, user'] ['', '']
        [3, 30] ['do_read', 'entry', 'main;loop', 'sh, user'] ['[kernel]', '[kernel]', '', '']

        """)
  }

  @Test func aRunOfAnotherMillenniumIsNoTrap() {
    var late = Self.run
    late.created = Date(timeIntervalSince1970: 250_000_000_000)
    #expect(!PprofFormat().bytes([late]).isEmpty)
  }

  /// Each metric has values of its own.
  @Test func twoMetricsAreTwoKindsOfValues() {
    var two = Self.run
    let waits = FoldedStacks(
      metric: "offprofile.time", phase: "p", unit: "ns",
      stacks: [.init(frames: [StackFrame(.kernel, "wait")], count: 300, sum: 500)])
    two.stacks.append(waits)
    let bytes = PprofFormat().bytes([two])
    // 300, 500, 0, 0 as packed varints.
    #expect(Data(bytes).range(of: Data([0x12, 6, 0xac, 0x02, 0xf4, 0x03, 0, 0])) != nil)
  }
}
