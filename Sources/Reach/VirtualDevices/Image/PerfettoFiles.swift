import DebianRoots
import Foundation

/// Perfetto as a firmware carries it: the client in the shell's path, and its two services, which
/// start with the device.
///
/// Debian has it in a newer suite than the image's, so that it brings its own C library and is
/// started by that library's loader.
package struct PerfettoFiles: Sendable {
  private let architecture: DebianArchitecture
  private static let directory = "opt/perfetto"

  package init(kernel: VirtualKernel) {
    architecture = kernel.architecture
  }

  /// The files, from the cache or the machine's mirror.
  /// - Throws: `DebianRootError`, ``VirtualDeviceError/missingFromPackage(file:root:)``.
  package func files(progress: @Sendable (String) -> Void = { _ in }) async throws -> [GuestFile] {
    let root = try await DebianRoot.extract(
      name: "virtual-perfetto", packages: ["perfetto"], architecture: architecture,
      suites: ["sid"], progress: progress)
    let libraries = "usr/lib/\(architecture.multiarch)"
    let copied =
      ["usr/bin/perfetto", "usr/sbin/traced", "usr/sbin/traced_probes"]
      + ["usr/lib/perfetto/libperfetto.so"]
      + [loader, "libc.so.6", "libm.so.6", "libstdc++.so.6", "libgcc_s.so.1", "libz.so.1"]
      .map { "\(libraries)/\($0)" }
    return try copied.map { try file($0, root: root) } + [client, service]
  }

  private var loader: String { MachineModel(architecture).loader }

  private func file(_ path: String, root: String) throws -> GuestFile {
    guard let content = FileManager.default.contents(atPath: "\(root)/\(path)"),
      let name = path.split(separator: "/").last
    else { throw VirtualDeviceError.missingFromPackage(file: path, root: root) }
    return GuestFile(path: "\(Self.directory)/\(name)", content: Array(content), mode: 0o755)
  }

  /// A command line that runs a program of the package with the package's own libraries.
  private func running(_ program: String) -> String {
    let directory = "/\(Self.directory)"
    return "\(directory)/\(loader) --library-path \(directory) \(directory)/\(program)"
  }

  private var client: GuestFile {
    GuestFile(
      path: "system/bin/perfetto",
      content: Array("#!/system/bin/sh\nexec \(running("perfetto")) \"$@\"\n".utf8), mode: 0o755)
  }

  /// The services run as root; who may record is decided by the consumers' socket, as on Android.
  private var service: GuestFile {
    let script = """
      #!/bin/busybox sh
      [ "$1" = start ] || exit 0
      mkdir -p /run/perfetto /data/misc/perfetto-traces
      chown 0:2000 /data/misc/perfetto-traces
      chmod 0711 /data/misc
      chmod 1773 /data/misc/perfetto-traces
      export PERFETTO_PRODUCER_SOCK_NAME=/run/perfetto/traced-producer.sock
      export PERFETTO_CONSUMER_SOCK_NAME=/run/perfetto/traced-consumer.sock
      \(running("traced")) --set-socket-permissions root:0666:shell:0660 \
        </dev/null >/run/perfetto/traced.log 2>&1 &
      until [ -e /run/perfetto/traced-producer.sock ]; do usleep 20000; done
      \(running("traced_probes")) </dev/null >/run/perfetto/traced_probes.log 2>&1 &
      """
    return GuestFile(
      path: "etc/init.d/S50perfetto", content: Array((script + "\n").utf8), mode: 0o755)
  }
}
