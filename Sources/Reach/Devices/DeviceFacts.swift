/// The command that asks a device for its identity, and the reading of its answer.
package enum DeviceFacts {
  /// One command for all facts: a round trip costs up to 0.2 s. Every line is
  /// `latgate:KEY=VALUE`, so that it is distinct from what a login shell or linker prints.
  ///
  /// The width of an address in kallsyms shows the kernel's own word size; the
  /// machine name of uname depends on the personality of the shell. What uname says is in files that
  /// the shell reads itself, the machine's name since 6.1: a process takes some 50 ms under emulation.
  /// Where they are hidden, uname keeps to its own order of fields; the version has spaces, and the
  /// node's name may, so that the others are read from the end. What would not be used is not asked
  /// for.
  package static let command = titled(
    "identification",
    """
    say() { printf 'latgate:%s=%s\\n' "$1" "$2"; }
    names=/proc/sys/kernel
    if [ -r $names/hostname ] && [ -r $names/osrelease ] && [ -r $names/version ]; then
    IFS= read -r node < $names/hostname
    IFS= read -r release < $names/osrelease
    IFS= read -r version < $names/version
    [ -r $names/arch ] && IFS= read -r machine < $names/arch || machine=$(uname -m)
    else
    words=$(uname -n -r -m)
    machine=${words##* }
    words=${words% *}
    release=${words##* }
    node=${words% *}
    version=$(uname -v)
    fi
    say machine "$machine"
    say release "$release"
    say node "$node"
    say version "$version"
    while read -r key real effective rest; do
    [ "$key" = Uid: ] && say uid "$effective" && break
    done < /proc/self/status
    read -r boot_id < /proc/sys/kernel/random/boot_id && say boot_id "$boot_id"
    read -r address rest < /proc/kallsyms && say address "$address"
    if command -v getprop > /dev/null 2>&1; then
    say serial "$(getprop ro.serialno)"
    model=$(getprop ro.product.model)
    say model "$model"
    fingerprint=$(getprop ro.build.fingerprint)
    say fingerprint "$fingerprint"
    fi
    if [ -n "$model" ]; then :
    elif [ -r /proc/device-tree/model ]; then
    say board "$(tr -d '\\000' < /proc/device-tree/model)"
    elif [ -r /sys/class/dmi/id/product_name ]; then
    say board "$(cat /sys/class/dmi/id/product_name)"
    fi
    if [ -z "$fingerprint" ] && [ -r /etc/os-release ]; then
    say os "$(. /etc/os-release; printf '%s %s' "$NAME" "${VERSION:-$VERSION_ID}")"
    fi
    true
    """)

  /// Reads the answer to ``command``. The device's name serves errors, and as the serial
  /// where it reports none.
  /// - Throws: ``DeviceError/malformedAnswer(device:operation:detail:)`` when a fact that
  ///   every Linux has is missing, ``DeviceError/unsupported(device:detail:remedy:)`` for an
  ///   architecture that latgate has no agent for.
  package static func parse(
    _ answer: String, name: String
  ) throws(DeviceError) -> DeviceIdentity {
    var facts: [String: String] = [:]
    // A CR-LF pair is one Character.
    for line in answer.split(whereSeparator: \.isNewline) where line.hasPrefix("latgate:") {
      let parts = line.dropFirst("latgate:".count).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 && !parts[1].isEmpty { facts[String(parts[0])] = String(parts[1]) }
    }
    func required(_ key: String) throws(DeviceError) -> String {
      guard let value = facts[key] else {
        throw .malformedAnswer(
          device: name, operation: "identification", detail: "it does not report its \(key)")
      }
      return value
    }
    let machine = try required("machine")
    guard let abi = abi(machine: machine, kernelAddress: facts["address"] ?? "") else {
      throw .unsupported(
        device: name, detail: "its architecture \(machine) is not one of arm64, armv7, x86_64",
        remedy: "latgate has no agent for it")
    }
    let release = try required("release")
    return DeviceIdentity(
      serial: facts["serial"] ?? name,
      model: facts["model"] ?? facts["board"] ?? facts["node"] ?? "unknown",
      fingerprint: facts["fingerprint"] ?? facts["os"] ?? "unknown \(release)",
      kernelRelease: release, kernelVersion: try required("version"), abi: abi,
      bootID: try required("boot_id"), userID: facts["uid"].flatMap { UInt32($0) })
  }

  /// The kernel's architecture.
  /// - Parameters:
  ///   - machine: of uname; 32-bit processes on an arm64 kernel may see `armv8l`.
  ///   - kernelAddress: an address of /proc/kallsyms: 16 digits on a 64-bit kernel; may be
  ///     empty.
  /// - Returns: nil for an unknown machine.
  package static func abi(machine: String, kernelAddress: String) -> String? {
    let is64Bit = kernelAddress.count == 16
    switch machine {
    case "aarch64", "arm64": return "arm64"
    case "x86_64": return "x86_64"
    case "armv8l": return kernelAddress.count == 8 ? "armv7" : "arm64"
    case _ where machine.hasPrefix("armv7"): return is64Bit ? "arm64" : "armv7"
    case "i686", "i586": return is64Bit ? "x86_64" : nil
    default: return nil
    }
  }
}
