extension AndroidKit {
  /// What an integrator has to do and to check.
  var guide: String {
    """
    # latgate probes in this firmware (Android 16 and later)

    Probes: \(probes.map(\.name).joined(separator: ", ")). ABI: \(abi.rawValue).

    Android's policy lets only bpfloader load programs. Since Android 16 it reads objects with
    libbpf, from a list compiled into it (`FILE_ARR`, system/bpf/loader/bpfloader.rs); that list
    has to be extended. Earlier releases parse objects themselves: no BTF maps, no CO-RE, no global
    variables. These objects cannot be loaded there.

    1. Copy `root/system` into the system image.
    2. Add the rows of `\(Self.descriptors)` to `FILE_ARR` and rebuild bpfloader. It refuses an
       object of which a map or a program has no row.
    3. Add `sepolicy/` to the system policy (private: `bpfdomain` is needed for the neverallow on
       `bpf { map_read map_write prog_run }`).
    4. Boot; `adb shell /system/bin/latgate-agent pins` lists the probes.
    5. From the host: `latgate run … --tier T1`.

    ## What is in the objects

    - One program per hook, by the best of raw_tp, tracepoint and kprobe. Not tp_btf: bpfloader
      gives up the whole object when one hook is missing, and tp_btf looks its hook up when
      loading. The other programs stay in the object, marked `?`, and are not loaded.
    - The window word is in a map of its own (`\(Self.windowMap)`): bpfloader pins under the map's
      name, and a bpf file system refuses the dot in `.bss`.
    - Pins: `/sys/fs/bpf/latgate/map_<probe>_<map>` (0660) and `prog_<probe>_<program>` (0440),
      group shell. The agent learns hooks and rungs from `\(Self.manifests)/<probe>.pins`.
    - The programs are attached to nothing until an agent comes; its attachments end with it.

    ## What the agent needs

    - raw_tp programs: the pins and `bpfloader:bpf prog_run`; no capability.
    - tracepoint and kprobe programs: CAP_PERFMON and `perf_event { open cpu kernel }` besides,
      which adb's shell cannot have (its bounding set is empty). Such probes need a service of
      your own that carries the capability: \(perfProbes).

    ## Check

    - `latgate firmware-kit --lint` on this directory, in your build.
    - `dmesg | grep -i bpfloader` after boot: no "Error when loading".
    - `allow-list.tsv` against what your review allows.
    - Not in /vendor/etc/bpf: only socket filters are loaded from there.
    - The policy here was not compiled against your tree: run its build and CTS neverallow tests.

    """
  }

  private var perfProbes: String {
    let names = probes.filter { probe in
      probe.loaded.contains { !$0.section.hasPrefix("raw_tp/") }
    }
    return names.isEmpty ? "none in this kit" : names.map(\.name).joined(separator: ", ")
  }
}
