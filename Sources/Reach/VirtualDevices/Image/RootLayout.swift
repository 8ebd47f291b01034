import DebianRoots
import Foundation

/// Where things are in the device's root file system.
struct RootLayout {
  let kernel: VirtualKernel

  private var libraries: String { kernel.architecture.multiarch }

  /// Parts of the extracted root that go into the image, each at the same place.
  var copied: [String] {
    [
      "bin/busybox", "bin/mksh", "bin/toybox", "lib", "usr/bin/busybox", "usr/bin/mksh",
      "usr/bin/toybox",
      "usr/lib/\(libraries)", "usr/lib/\(MachineModel(kernel.architecture).loader)",
      "usr/lib/android-sdk/platform-tools/adbd",
    ]
  }

  /// Parts of those that no program of the image opens.
  var left: [String] {
    [
      "lib/systemd", "lib/udev", "lib/modprobe.d", "usr/lib/\(libraries)/gconv",
      "lib/\(libraries)/gconv",
      "usr/lib/\(libraries)/ossl-modules", "usr/lib/\(libraries)/engines-3",
      "usr/lib/\(libraries)/perl-base",
    ]
  }

  /// Adds everything that is not taken from a package.
  func addFixedParts(to archive: inout CpioArchive, release: String) {
    for directory in ["bin", "sbin", "data", "dev", "mnt/f2fs", "proc", "run", "sys", "tmp"] {
      archive.addDirectory(directory)
    }
    // The kernel opens it for the first process before devtmpfs is there.
    archive.addCharacterDevice("dev/console", major: 5, minor: 1, mode: 0o600)
    archive.addFile("init", Array(GuestScripts.initialise.utf8), mode: 0o755)
    archive.addFile("etc/passwd", Array(GuestFiles.passwd.utf8))
    archive.addFile("etc/group", Array(GuestFiles.group.utf8))
    archive.addFile(
      "etc/latgate/properties",
      Array(GuestFiles.properties(kernel: kernel, release: release).utf8))
    archive.addFile("system/bin/getprop", Array(GuestScripts.getprop.utf8), mode: 0o755)
    archive.addFile("system/bin/reboot", Array(GuestScripts.reboot.utf8), mode: 0o755)
    // Android's own shell; busybox's would run its own commands before those in PATH.
    // Debian's adbd starts the one in /bin.
    archive.addLink("system/bin/sh", to: "/bin/mksh")
    archive.addLink("bin/sh", to: "/bin/mksh")
    for applet in ToyboxApplets.names {
      archive.addLink("system/bin/\(applet)", to: "/bin/toybox")
    }
  }

  /// Adds adbd, its libraries, the shell, busybox and toybox.
  /// - Throws: ``VirtualDeviceError/missingFromPackage(file:root:)``.
  func addUserland(_ root: String, to archive: inout CpioArchive) throws {
    var found: Set<String> = []
    for top in copied {
      for path in try paths(below: top, root: root) where !isLeft(path) {
        try add(path, root: root, to: &archive)
        found.insert(path)
      }
    }
    let tools = ["busybox", "mksh", "toybox"]
    for needed in tools.map({ "bin/\($0)" }) + ["usr/lib/android-sdk/platform-tools/adbd"]
    where !found.contains(needed) && !found.contains("usr/\(needed)") {
      throw VirtualDeviceError.missingFromPackage(file: needed, root: root)
    }
    // The scripts know one place; newer suites ship below /usr.
    for tool in tools where !found.contains("bin/\(tool)") {
      archive.addLink("bin/\(tool)", to: "/usr/bin/\(tool)")
    }
  }

  private func isLeft(_ path: String) -> Bool {
    left.contains { path == $0 || path.hasPrefix($0 + "/") }
  }

  /// `top` itself, or the files below it, sorted; nothing where it does not exist.
  private func paths(below top: String, root: String) throws -> [String] {
    let manager = FileManager.default
    var isDirectory: ObjCBool = false
    guard manager.fileExists(atPath: "\(root)/\(top)", isDirectory: &isDirectory) else { return [] }
    guard isDirectory.boolValue else { return [top] }
    return try manager.subpathsOfDirectory(atPath: "\(root)/\(top)").sorted().map { "\(top)/\($0)" }
  }

  private func add(_ path: String, root: String, to archive: inout CpioArchive) throws {
    let manager = FileManager.default
    let source = "\(root)/\(path)"
    let attributes = try manager.attributesOfItem(atPath: source)
    switch attributes[.type] as? FileAttributeType {
    case .typeSymbolicLink:
      archive.addLink(path, to: try manager.destinationOfSymbolicLink(atPath: source))
    case .typeRegular:
      guard let content = manager.contents(atPath: source) else {
        throw VirtualDeviceError.missingFromPackage(file: path, root: root)
      }
      let mode = (attributes[.posixPermissions] as? NSNumber)?.uint32Value ?? 0o644
      archive.addFile(path, Array(content), mode: mode & 0o777)
    default:
      break
    }
  }
}
