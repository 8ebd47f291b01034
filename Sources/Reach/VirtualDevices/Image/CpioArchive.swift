/// A cpio archive in the "newc" format, as the kernel unpacks it into its first root file system.
///
/// Everything belongs to root and has the time 0, so equal contents are equal bytes and no
/// privilege is needed on the host. Format: the kernel's buffer-format.rst of early user space.
struct CpioArchive {
  private(set) var bytes: [UInt8] = []
  private var inode: UInt32 = 0
  private var directories: Set<String> = []

  /// File type bits of `st_mode`.
  private enum Kind: UInt32 {
    case directory = 0o040000
    case regular = 0o100000
    case link = 0o120000
    case character = 0o020000
  }

  /// Adds a directory and those above it; what is there already is left alone.
  mutating func addDirectory(_ path: String, mode: UInt32 = 0o755) {
    guard !path.isEmpty, !directories.contains(path) else { return }
    addDirectory(Self.parent(of: path))
    directories.insert(path)
    add(path, kind: .directory, mode: mode)
  }

  /// Adds a file and the directories above it; `path` has no leading slash.
  mutating func addFile(_ path: String, _ content: [UInt8], mode: UInt32 = 0o644) {
    addDirectory(Self.parent(of: path))
    add(path, kind: .regular, mode: mode, content: content)
  }

  mutating func addLink(_ path: String, to target: String) {
    addDirectory(Self.parent(of: path))
    add(path, kind: .link, mode: 0o777, content: Array(target.utf8))
  }

  mutating func addCharacterDevice(_ path: String, major: UInt32, minor: UInt32, mode: UInt32) {
    addDirectory(Self.parent(of: path))
    add(path, kind: .character, mode: mode, device: (major, minor))
  }

  /// Ends the archive; nothing can be added after it.
  consuming func finished() -> [UInt8] {
    inode = 0
    appendEntry("TRAILER!!!", mode: 0, links: 1, content: [], device: (0, 0))
    return bytes
  }

  private mutating func add(
    _ path: String, kind: Kind, mode: UInt32, content: [UInt8] = [],
    device: (major: UInt32, minor: UInt32) = (0, 0)
  ) {
    inode += 1
    appendEntry(
      path, mode: kind.rawValue | mode, links: kind == .directory ? 2 : 1, content: content,
      device: device)
  }

  private mutating func appendEntry(
    _ path: String, mode: UInt32, links: UInt32, content: [UInt8],
    device: (major: UInt32, minor: UInt32)
  ) {
    let name = Array(path.utf8) + [0]
    let fields: [UInt32] = [
      inode, mode, 0, 0, links, 0, UInt32(content.count), 0, 0, device.major, device.minor,
      UInt32(name.count), 0,
    ]
    bytes += Array("070701".utf8)
    for field in fields { bytes += Self.eightDigits(field) }
    bytes += name
    pad()
    bytes += content
    pad()
  }

  private mutating func pad() {
    while bytes.count % 4 != 0 { bytes.append(0) }
  }

  private static func eightDigits(_ value: UInt32) -> [UInt8] {
    let digits = Array(String(value, radix: 16, uppercase: true).utf8)
    return [UInt8](repeating: UInt8(ascii: "0"), count: 8 - digits.count) + digits
  }

  private static func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}
