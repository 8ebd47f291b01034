import CLibBPF
import Crypto
import Foundation
import HostTools
import KernelTypes
import ProbeBuild

/// Cuts a kernel's types down to what a set of probe objects reads: from megabytes to a few hundred
/// bytes that travel with the objects.
package struct BTFCutter: Sendable {
  /// Raised when cached files of an earlier release must not be used.
  private static let format = "1"

  let cache: BuildCache

  package init(cache: BuildCache) {
    self.cache = cache
  }

  /// Cuts.
  ///
  /// What bpftool keeps is what relocations name. The signatures of the tracepoints that programs
  /// attach to are added, since the agent asks for them too.
  ///
  /// - Parameters:
  ///   - kernel: whole types.
  ///   - objects: the probes' objects.
  /// - Returns: BTF in the cache, by the contents of both.
  /// - Throws: ``KernelBTFError``, `ProbeBuildError`, `HostToolError`.
  package func cut(_ kernel: KernelFile, for objects: [BuildArtifact]) async throws -> BuildArtifact
  {
    let objects = objects.sorted { $0.hash < $1.hash }
    var inputs = InputHash()
    inputs.add("format", Self.format)
    inputs.add("btf", SHA256.hash(data: kernel.types.bytes).hexadecimal)
    inputs.add("objects", objects.map(\.hash))
    let name = "kernel-\(kernel.buildID ?? "unknown")-\(inputs.key()).btf"
    if let found = cache.find(name) { return found }
    return try await cache.withWorkDirectory { work in
      let (whole, cut) = ("\(work)/whole", "\(work)/cut")
      try Data(kernel.types.bytes).write(to: URL(fileURLWithPath: whole))
      let outcome = try await HostTool.bpftool.run(
        ["gen", "min_core_btf", whole, cut] + objects.map(\.path))
      guard outcome.isSuccess, let data = FileManager.default.contents(atPath: cut) else {
        throw KernelBTFError.toolFailed(
          tool: "bpftool gen min_core_btf", path: kernel.path, log: outcome.log)
      }
      let tracepoints = try objects.flatMap { artifact in
        try ProbeObject.inspect(path: artifact.path).programs.compactMap(\.tracepoint)
      }
      let finished = try Self.adding(
        Set(tracepoints).sorted(), of: kernel.types, to: [UInt8](data), path: kernel.path)
      try Data(finished).write(to: URL(fileURLWithPath: cut))
      return try cache.publish(cut, as: name)
    }
  }

  /// BTF with `btf_trace_<tracepoint>` for each tracepoint that the kernel has, with as many
  /// parameters as there.
  private static func adding(
    _ tracepoints: [String], of kernel: BTFTypes, to bytes: [UInt8], path: String
  ) throws -> [UInt8] {
    let kept = try? BTFTypes(bytes)
    guard let kept, let btf = btf__new(bytes, UInt32(bytes.count)) else {
      throw KernelBTFError.toolFailed(
        tool: "bpftool gen min_core_btf", path: path, log: "what it wrote is no BTF")
    }
    defer { btf__free(btf) }
    func checked(_ id: Int32) throws -> Int32 {
      guard id >= 0 else {
        throw KernelBTFError.toolFailed(
          tool: "libbpf", path: path, log: "cannot add a type: error \(-id)")
      }
      return id
    }
    let word = try checked(btf__add_int(btf, "lg_argument", 8, 0))
    for tracepoint in tracepoints {
      let name = "btf_trace_\(tracepoint)"
      guard kept.type(named: name, .typedef) == nil, let count = kernel.arguments(of: tracepoint)
      else { continue }
      let prototype = try checked(btf__add_func_proto(btf, 0))
      for index in 0...count {
        _ = try checked(btf__add_func_param(btf, "a\(index)", word))
      }
      _ = try checked(btf__add_typedef(btf, name, try checked(btf__add_ptr(btf, prototype))))
    }
    var size: UInt32 = 0
    guard let raw = btf__raw_data(btf, &size) else {
      throw KernelBTFError.toolFailed(tool: "libbpf", path: path, log: "out of memory")
    }
    return [UInt8](UnsafeRawBufferPointer(start: raw, count: Int(size)))
  }
}
