import Foundation

/// Which kernel modules need which others: the lines of `modules.dep`, as depmod prints them.
struct ModuleDependencies: Sendable, Equatable {
  /// Path of a module below its release's directory -> paths it needs, the last to be loaded first.
  private var needs: [String: [String]] = [:]
  /// Module name with `_` for `-` -> its path.
  private var paths: [String: String] = [:]

  /// - Parameter text: output of `depmod -n`; lines of other forms are passed over.
  init(parsing text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":"), line.hasPrefix("kernel/") else { continue }
      let path = String(line[..<colon])
      needs[path] = line[line.index(after: colon)...].split(separator: " ").map(String.init)
      paths[Self.name(ofPath: path)] = path
    }
  }

  /// Paths of the modules called `names` with all they need, in loading order, each once.
  ///
  /// A name without a path is built into the kernel, or unknown to this one, and adds nothing.
  func loadingOrder(of names: [String]) -> [String] {
    var order: [String] = []
    for name in names {
      guard let path = paths[Self.canonical(name)] else { continue }
      for module in (needs[path] ?? []).reversed() + [path] where !order.contains(module) {
        order.append(module)
      }
    }
    return order
  }

  /// `modules.dep` for these paths alone, with the suffix of compression removed.
  func dependencyFile(for modules: [String]) -> String {
    modules.sorted().map { path in
      let needed = (needs[path] ?? []).map { " " + Self.uncompressed($0) }
      return "\(Self.uncompressed(path)):\(needed.joined())\n"
    }.joined()
  }

  /// `kernel/fs/ext4/ext4.ko.xz` -> `kernel/fs/ext4/ext4.ko`.
  static func uncompressed(_ path: String) -> String {
    guard let dot = path.range(of: ".ko.") else { return path }
    return String(path[..<dot.lowerBound]) + ".ko"
  }

  /// `kernel/block/kyber-iosched.ko.xz` -> `kyber_iosched`.
  static func name(ofPath path: String) -> String {
    let file = path.split(separator: "/").last ?? ""
    return canonical(String(file.prefix { $0 != "." }))
  }

  private static func canonical(_ name: String) -> String { name.replacing("-", with: "_") }
}
