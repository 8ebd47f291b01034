import Devices

/// Work that a device does once after a boot or an update, and that has names to ask for.
package enum BootWork {
  /// A shell script that says what is under way, for ``unrest(_:)``. What a device does not have
  /// it does not mention. A quiet one is asked by few processes: each takes some 50 ms under emulation.
  package static let script = titled(
    "the question for work after the boot",
    """
    if command -v getprop >/dev/null 2>&1; then
      zygote=$(getprop ro.zygote)
      echo "zygote=$zygote"
      [ -n "$zygote" ] && echo "boot_completed=$(getprop sys.boot_completed)"
    fi
    command -v snapshotctl >/dev/null 2>&1 && snapshotctl dump 2>/dev/null | grep '^Update state:'
    if pidof dex2oat dex2oat32 dex2oat64 >/dev/null 2>&1; then
      for name in dex2oat dex2oat32 dex2oat64; do
        pidof $name >/dev/null 2>&1 && echo "dexopt=$name"
      done
    fi
    true
    """)

  /// What is not finished, in words; nil when nothing is under way.
  ///
  /// `sys.boot_completed` is asked for only where Android's framework is (`ro.zygote`): without it
  /// the property is never set. Snapshots are merged in the states `unverified` (about to) and
  /// `merging` of libsnapshot's `UpdateState`.
  package static func unrest(_ output: String) -> String? {
    var values: [Substring: Substring] = [:]
    for line in output.split(whereSeparator: \.isNewline) {
      let separator: Character = line.hasPrefix("Update state:") ? ":" : "="
      // A login may print a line of nothing but such signs.
      let words = line.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
      values[words[0]] = words.count > 1 ? words[1].drop { $0 == " " } : ""
    }
    let isBooted = values["boot_completed"] == "1"
    if !isBooted, values["zygote"]?.isEmpty == false { return "boot not completed" }
    if let state = values["Update state"], ["unverified", "merging"].contains(state) {
      return "an update is being merged (\(state))"
    }
    if let name = values["dexopt"] { return "packages are being compiled (\(name))" }
    return nil
  }
}
