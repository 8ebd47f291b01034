import Devices

/// What a device keeps of the boot before: records in pstore, and Android's reason for the boot.
/// Empty on most devices.
struct CrashEvidence: Sendable {
  let device: any Device
  /// Where the kernel's records are.
  var directory = "/sys/fs/pstore"

  private static let limit = Duration.seconds(20)

  /// The records that are there. They stay until the kernel needs their place, so that those of
  /// earlier crashes have to be known before the next one is asked for.
  /// - Returns: a line for each: sum, size and path; none where nothing can be read.
  func records() async -> Set<String> {
    let question = """
      for file in \(directory)/*; do
      [ -r "$file" ] && [ -f "$file" ] && echo "$(cksum < "$file" || wc -c < "$file") $file"
      done
      true
      """
    let answer = try? await device.exec(question, timeout: Self.limit).text
    return Set((answer ?? "").split(whereSeparator: \.isNewline).map(String.init))
  }

  /// The ends of all records but those `known` before, and the reason for the boot.
  func text(except known: Set<String>) async -> String {
    let fresh = await records().subtracting(known)
      .compactMap { line in line.range(of: directory + "/").map { String(line[$0.lowerBound...]) } }
    let question = """
      for name in ro.boot.bootreason sys.boot.reason; do
      value=$(getprop $name 2> /dev/null); [ -n "$value" ] && echo "$name: $value"
      done
      for file in \(fresh.sorted().map(shellQuote).joined(separator: " ")); do
      echo "$file:" && tail -c 2000 "$file"
      done
      true
      """
    return (try? await device.exec(question, timeout: Self.limit).text) ?? ""
  }

  /// Whether what a device kept shows a panic.
  static func reportsPanic(_ text: String) -> Bool {
    text.contains("Kernel panic") || text.contains("kernel_panic") || text.contains("Oops")
  }
}
