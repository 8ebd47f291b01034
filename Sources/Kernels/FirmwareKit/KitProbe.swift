import ProbeBuild

/// A probe's object as it goes into a kit.
package struct KitProbe: Sendable {
  package var name: String
  package var bytes: [UInt8]
  package var object: ProbeObject

  /// - Throws: `ProbeBuildError.badObject`.
  package init(name: String, bytes: [UInt8]) throws {
    self.name = name
    self.bytes = bytes
    self.object = try ProbeObject.inspect(bytes, name: name)
  }

  /// Programs that are handed to the kernel.
  var loaded: [ProbeObject.Program] { object.programs.filter(\.isLoaded) }
}

extension ProbeObject.Program {
  /// The program type by the kernel's name, from the section as libbpf reads it.
  var type: String {
    switch section.drop(while: { $0 == "?" }).prefix(while: { $0 != "/" }) {
    case "tp_btf": "tracing (raw tracepoint with BTF)"
    case "raw_tp": "raw_tracepoint"
    case "tracepoint", "tp": "tracepoint"
    case "kprobe", "kretprobe": "kprobe"
    case "skfilter": "socket_filter"
    case "perf_event": "perf_event"
    default: "unknown"
    }
  }
}

/// What a reviewer of the firmware has to allow: every program with its type and hook, and the
/// maps, by object.
func allowList(_ probes: [KitProbe]) -> String {
  var lines = [
    "# What the kit asks the kernel to run. Programs observe: none changes what it sees.",
    "# " + ["object", "license", "program", "type", "attached to"].joined(separator: "\t"),
  ]
  for probe in probes {
    for program in probe.loaded {
      lines.append(
        [probe.name, probe.object.license, program.name, program.type, program.section]
          .joined(separator: "\t"))
    }
    lines.append("\(probe.name)\tmaps\t\(probe.object.maps.joined(separator: " "))")
  }
  return lines.joined(separator: "\n") + "\n"
}
