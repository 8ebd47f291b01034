import CAgentABI
import ProbeBuild

/// The kit for Android 16 and later, whose bpfloader reads objects with libbpf: objects and
/// manifests for the system partition, rows for bpfloader's list of objects, policy.
package struct AndroidKit: Sendable {
  package var abi: TargetABI
  package var agent: [UInt8]
  /// Built for bpfloader.
  package var probes: [KitProbe]

  static let objects = "system/etc/bpf/latgate"
  static let manifests = "system/etc/latgate"
  static let windowMap = LG_MAP_WINDOW
  static let descriptors = "bpfloader/latgate_descriptors.rs"

  package init(abi: TargetABI, agent: [UInt8], probes: [KitProbe]) {
    self.abi = abi
    self.agent = agent
    self.probes = probes
  }

  /// Everything, sorted by path.
  package var files: [KitFile] {
    let root = KitFile.root
    var files = [
      KitFile(path: "\(root)system/bin/latgate-agent", content: agent, mode: 0o755),
      KitFile(path: "\(root)system/etc/init/latgate.rc", text: Self.service),
      KitFile(path: Self.descriptors, text: rows),
      KitFile(path: "sepolicy/latgate.te", text: Self.policy),
      KitFile(path: "sepolicy/genfs_contexts", text: Self.fileSystemContexts),
      KitFile(path: "sepolicy/file_contexts", text: Self.fileContexts),
      KitFile(path: "allow-list.tsv", text: allowList(probes)),
      KitFile(path: "GUIDE.md", text: guide),
    ]
    for probe in probes {
      files.append(
        KitFile(path: "\(root)\(Self.objects)/\(probe.name).bpf", content: probe.bytes))
      files.append(
        KitFile(path: "\(root)\(Self.manifests)/\(probe.name).pins", text: probe.manifest))
    }
    return files.sorted { $0.path < $1.path }
  }

  /// Rows for `FILE_ARR` of bpfloader.rs: it refuses maps and programs that have none.
  private var rows: String {
    var lines = [
      "// For FILE_ARR in system/bpf/loader/bpfloader.rs; GID_SHELL is AID_SHELL, 2000.",
      "const GID_SHELL: u32 = 2000;",
      "",
    ]
    for probe in probes {
      lines += [
        "BpfFileDesc {", "    filename: \"/etc/bpf/latgate/\(probe.name).bpf\",",
        "    prefix: \"latgate/\",", "    critical: false,", "    skip_on_user: false,",
        "    maps: &[",
      ]
      lines += probe.object.maps.map { map in
        // Maps of programs that are not loaded are never made: older kernels do not know their kind.
        probe.isPinned(map: map)
          ? "        MapDesc::new(GID_SHELL, PERM_GRW, \"\(map)\"),"
          : "        MapDesc::new_kver(GID_SHELL, PERM_GRW, KVER_INF, \"\(map)\"),"
      }
      lines += ["    ],", "    progs: &["]
      lines += probe.object.programs.map { "        ProgDesc::new(GID_SHELL, \"\($0.name)\")," }
      lines += ["    ],", "},"]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static let service = """
    # 'setprop ctl.start latgate_pins' writes to the kernel's log what can be measured.
    service latgate_pins /system/bin/latgate-agent pins
        user shell
        group shell
        seclabel u:r:shell:s0
        stdio_to_kmsg
        disabled
        oneshot

    """

  private static let policy = """
    # Lets the shell use what bpfloader pinned below latgate/, and nothing else of BPF. Programs
    # are still loaded by bpfloader alone.
    type fs_bpf_latgate, fs_type, bpffs_type;
    type latgate_exec, system_file_type, exec_type, file_type;

    typeattribute shell bpfdomain;
    allow shell fs_bpf_latgate:dir { r_dir_perms lock };
    allow shell fs_bpf_latgate:file { getattr read write };
    allow shell bpfloader:bpf { map_read map_write prog_run };
    allow shell latgate_exec:file { rx_file_perms entrypoint };
    domain_trans(init, latgate_exec, shell)

    """

  private static let fileSystemContexts = """
    genfscon bpf /latgate u:object_r:fs_bpf_latgate:s0

    """

  private static let fileContexts = """
    /system/bin/latgate-agent    u:object_r:latgate_exec:s0

    """
}

extension KitProbe {
  /// Whether bpfloader makes and pins a map: those of task-local storage serve `tp_btf` only.
  func isPinned(map: String) -> Bool {
    !(map.hasPrefix("s_") && map.hasSuffix("_task"))
  }

  /// The manifest that the agent reads in place of a pinned one; its form is that of
  /// `engine_manifest.c`.
  var manifest: String {
    func offset(_ field: PartialKeyPath<lg_window_vars>) -> Int {
      MemoryLayout<lg_window_vars>.offset(of: field) ?? 0
    }
    let offsets = [
      offset(\.window), offset(\.opened_ns), offset(\.session), offset(\.`self`), offset(\.epoch),
    ]
    var lines = [
      ["latgate-pins", "1", "\(MemoryLayout<lg_hist>.size)", "\(MemoryLayout<lg_counters>.size)"],
      ["probe", name], ["kernel", "", ""],
      ["window", LG_MAP_WINDOW] + offsets.map(String.init),
    ]
    lines += object.maps.filter(isPinned(map:)).map { ["map", $0] }
    for program in loaded {
      guard let parts = program.hookAndRung else { continue }
      lines.append(
        ["hook", String(parts.hook), parts.rung, program.name, program.section, "0", ""])
    }
    return lines.map { $0.joined(separator: "\t") }.joined(separator: "\n") + "\n"
  }
}
