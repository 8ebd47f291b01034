extension GuestFile {
  /// A boot service of a firmware's own lines, which root's shell runs before adbd starts.
  ///
  /// The first line that fails ends it; its exit code is then on the console and in the property
  /// `latgate.at_boot`, which is empty otherwise. The boot goes on.
  /// - Parameter lines: for busybox's shell; what they start in the background stays.
  /// - Returns: the service, which starts after the limits of CPUs are set.
  package static func bootScript(_ lines: String) -> GuestFile {
    let script = """
      #!/bin/busybox sh
      [ "$1" = start ] || exit 0
      (
      set -e
      \(lines)
      )
      code=$?
      [ $code = 0 ] && exit 0
      echo "latgate: at_boot ended with code $code"
      echo "latgate.at_boot=$code" >>/etc/latgate/properties

      """
    return GuestFile(path: "etc/init.d/S40at-boot", content: Array(script.utf8), mode: 0o755)
  }
}
