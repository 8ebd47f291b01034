import ProbeBuild

/// The kit for embedded Linux: the agent as boot-time loader, objects with all rungs, and scripts
/// for two inits.
package struct LinuxKit: Sendable {
  package var abi: TargetABI
  /// The static agent.
  package var agent: [UInt8]
  package var probes: [KitProbe]
  /// Group of those who may measure.
  package var group: UInt32
  /// Whether the loader may set `kernel.unprivileged_bpf_disabled` to 0 where nothing else helps.
  package var allowsUnprivilegedBPF: Bool

  static let directory = "usr/lib/latgate"

  package init(
    abi: TargetABI, agent: [UInt8], probes: [KitProbe], group: UInt32, allowsUnprivilegedBPF: Bool
  ) {
    self.abi = abi
    self.agent = agent
    self.probes = probes
    self.group = group
    self.allowsUnprivilegedBPF = allowsUnprivilegedBPF
  }

  /// Everything, sorted by path.
  package var files: [KitFile] {
    let root = KitFile.root
    var files = [
      KitFile(path: "\(root)\(Self.directory)/latgate-agent", content: agent, mode: 0o755),
      KitFile(path: "\(root)etc/init.d/S20latgate", text: initScript, mode: 0o755),
      KitFile(path: "\(root)etc/systemd/system/latgate-pins.service", text: unit),
      KitFile(path: "allow-list.tsv", text: allowList(probes)),
      KitFile(path: "GUIDE.md", text: guide),
    ]
    files += probes.map { probe in
      KitFile(path: "\(root)\(Self.directory)/probes/\(probe.name).bpf.o", content: probe.bytes)
    }
    return files.sorted { $0.path < $1.path }
  }

  private var options: String {
    "--group \(group)" + (allowsUnprivilegedBPF ? " --unprivileged-bpf" : "")
  }

  /// For busybox init and other sysv-like ones.
  private var initScript: String {
    """
    #!/bin/sh
    # Pins latgate's probes, once per boot, after the kernel modules that they watch.
    case "$1" in
      start) exec /\(Self.directory)/latgate-agent pin \(options) /\(Self.directory)/probes/*.bpf.o ;;
      stop) rm -rf /sys/fs/bpf/latgate ;;
      status) exec /\(Self.directory)/latgate-agent pins ;;
      *) echo "usage: $0 start|stop|status" >&2; exit 64 ;;
    esac

    """
  }

  private var unit: String {
    """
    [Unit]
    Description=Pin latgate's probes
    DefaultDependencies=no
    After=sys-fs-bpf.mount systemd-modules-load.service local-fs.target
    ConditionPathIsDirectory=/sys/fs/bpf

    [Service]
    Type=oneshot
    RemainAfterExit=yes
    ExecStart=/bin/sh -c 'exec /\(Self.directory)/latgate-agent pin \(options) /\(Self.directory)/probes/*.bpf.o'
    ExecStop=/bin/rm -rf /sys/fs/bpf/latgate

    [Install]
    WantedBy=sysinit.target

    """
  }
}
