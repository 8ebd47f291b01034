import POSIXSupport
import Subprocess
import Synchronization
import SystemPackage

/// Ends QEMU when this process ends, also after SIGKILL.
///
/// QEMU runs as a daemon and not as our child. A small shell waits at the other end of a pipe:
/// the kernel closes our end whatever happens to us, and the shell then ends QEMU. The shell has
/// a session of its own, so that an interrupt typed at the terminal does not reach it.
final class LifetimeGuard: Sendable {
  /// The shell's program. `$1` is QEMU's process file, `$2` its `-name`, `$3` the file that says which
  /// launch the files are of, `$4` what it says of this one, the rest are files to remove. The process
  /// file may be missing for a moment while QEMU starts. Once the launch that was guarded is dead,
  /// another may take the name: its process and files are none of this shell's.
  static let script = #"""
    read -r word && [ "$word" = dismissed ] && exit 0
    pidfile=$1 name=$2 owner=$3 launch=$4
    shift 4
    ours() { tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q -- "-name $name "; }
    named() { [ "$(cat "$owner" 2>/dev/null)" = "$launch" ]; }
    tries=0
    until [ -s "$pidfile" ] || [ $tries -ge 50 ]; do
      tries=$((tries + 1))
      sleep 0.1
    done
    [ -s "$pidfile" ] || exit 0
    read -r pid <"$pidfile"
    # The launch is looked at last: what was read before is of it.
    named || exit 0
    ours && kill -TERM "$pid"
    tries=0
    while ours && [ $tries -lt 30 ]; do
      tries=$((tries + 1))
      sleep 0.1
    done
    ours && kill -KILL "$pid"
    named && rm -f "$@"
    """#

  /// Our end of the pipe; nil once dismissed.
  private let pipe: Mutex<FileDescriptor?>

  /// Starts the shell; it must be there before QEMU is. Only for who holds the name.
  /// - Throws: `Errno`, `SystemCallError`.
  init(machine name: String, directory: RunDirectory) throws {
    let launch = String(UInt64.random(in: .min ... .max), radix: 16)
    try AtomicFile.write(launch.utf8, to: directory.ownerFile, durable: false)
    // Close-on-exec from the first moment: no child of ours may keep our end open.
    let (reader, writer) = try FileDescriptor.pipe(options: .closeOnExec)
    pipe = Mutex(writer)
    let arguments = [
      "-c", Self.script, "latgate-guard", directory.processFile, "latgate-\(name)",
      directory.ownerFile, launch, directory.statePath, directory.processFile,
      directory.monitorSocket,
      "\(directory.path)/\(VirtualImage.dataDiskName)",
      "\(directory.path)/\(VirtualImage.f2fsDiskName)", directory.ownerFile,
    ]
    // Unstructured: the shell lives as long as the device, and nothing waits for it.
    Task.detached {
      var options = PlatformOptions()
      options.createSession = true
      _ = try await Subprocess.run(
        .path("/bin/sh"), arguments: Arguments(arguments), platformOptions: options,
        input: .fileDescriptor(reader, closeAfterSpawningProcess: true), output: .discarded)
    }
  }

  deinit {
    pipe.withLock { end in
      try? end?.close()
      end = nil
    }
  }

  /// Sends the shell home: QEMU is gone or was never there.
  func dismiss() {
    pipe.withLock { end in
      _ = try? end?.writeAll("dismissed\n".utf8)
      try? end?.close()
      end = nil
    }
  }
}
