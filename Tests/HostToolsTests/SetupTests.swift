import Foundation
import Testing

/// `ci/setup` must list whatever the sources and scripts start, or a fresh machine fails late.
struct SetupTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Packages that every Debian has: essential ones, and apt.
  private static let always: Set<String> = [
    "apt", "bash", "bsdutils", "coreutils", "dash", "diffutils", "dpkg", "findutils", "grep",
    "gzip", "hostname", "libc-bin", "login", "mawk", "mount", "ncurses-bin", "perl-base", "sed",
    "sudo", "tar", "util-linux",
  ]

  /// Programs that scripts start, and where they come from. Swift's toolchain is the user's.
  private static let packages: [String: String] = [
    "adb": "adb", "apt-cache": "apt", "apt-config": "apt", "apt-get": "apt", "awk": "mawk",
    "base64": "coreutils",
    "basename": "coreutils",
    "bpftool": "bpftool", "bpftrace": "bpftrace", "brotli": "brotli", "cat": "coreutils",
    "cc": "g++", "chmod": "coreutils", "clang": "swift", "clang-format": "clang-format",
    "clang-format-14": "clang-format", "cmp": "diffutils", "cp": "coreutils", "cpio": "cpio",
    "chown": "coreutils", "du": "coreutils", "setpriv": "util-linux", "stat": "coreutils",
    "curl": "curl", "cut": "coreutils", "date": "coreutils", "dd": "coreutils", "depmod": "kmod",
    "diff": "diffutils", "dirname": "coreutils", "dpkg": "dpkg", "dpkg-deb": "dpkg",
    "dpkg-query": "dpkg",
    "env": "coreutils",
    "find": "findutils", "fio": "fio", "flock": "util-linux", "gcc": "g++", "git": "git",
    "grep": "grep",
    "head": "coreutils",
    "id": "coreutils", "install": "coreutils", "ip": "iproute2", "ldd": "libc-bin",
    "ln": "coreutils",
    "losetup": "mount", "ls": "coreutils", "lz4": "lz4", "mkdir": "coreutils",
    "mkfifo": "coreutils", "mkfs.ext4": "e2fsprogs", "mkfs.f2fs": "f2fs-tools",
    "mktemp": "coreutils", "mmdebstrap": "mmdebstrap", "modprobe": "kmod", "mount": "mount",
    "mv": "coreutils",
    "nproc": "coreutils", "pgrep": "procps", "pkg-config": "pkg-config", "ps": "procps",
    "python3": "python3",
    "readelf": "binutils", "readlink": "coreutils", "realpath": "coreutils", "rm": "coreutils",
    "rmdir": "coreutils",
    "sed": "sed", "seq": "coreutils", "setsid": "util-linux", "sh": "dash",
    "shellcheck": "shellcheck", "sleep": "coreutils", "sort": "coreutils", "stdbuf": "coreutils",
    "stty": "coreutils",
    "sudo": "sudo", "swift": "swift", "sync": "coreutils", "swiftc": "swift", "tac": "coreutils",
    "tail": "coreutils",
    "tar": "tar",
    "tee": "coreutils", "timeout": "coreutils", "touch": "coreutils", "tr": "coreutils",
    "truncate": "coreutils", "umount": "mount", "uname": "coreutils", "uniq": "coreutils",
    "unshare": "util-linux", "wc": "coreutils", "xargs": "findutils", "x86_64": "util-linux",
    "xz": "xz-utils",
    "zstd": "zstd",
  ]

  private func text(_ path: String) throws -> String {
    try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
  }

  private func listed() throws -> Set<String> {
    let script = try text("ci/setup")
    let list = try #require(script.firstMatch(of: /(?s)packages=\((.*?)\n\)/)).output.1
    return Set(
      list.split(separator: "\n").flatMap { line in
        line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
      })
  }

  private func files(below directories: [String]) -> [String] {
    directories.flatMap { directory in
      let path = Self.root.appendingPathComponent(directory).path
      let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
      return names.sorted().map { "\(directory)/\($0)" }
    }
  }

  @Test func programsOfTheToolAreInstalled() throws {
    let listed = try listed()
    var seen = 0
    for file in files(below: ["Sources"]) where file.hasSuffix(".swift") {
      let source = try text(file)
      let tools = source.matches(of: /HostTool\(\s*name:\s*"[^"]*[^,]*,\s*package:\s*"([^"]+)"/)
        .map(\.output.1)
      // What `doctor` asks for: name, package, purpose.
      let asked = source.matches(of: /\("[\w.-]+", "([\w.+-]+)", "[^"]+", (true|false)\)/)
        .map(\.output.1)
      for package in tools + asked {
        seen += 1
        #expect(
          listed.contains(String(package)) || Self.always.contains(String(package)),
          "\(file) needs \(package)")
      }
    }
    #expect(seen > 12, "the patterns above no longer fit the sources")
  }

  @Test func programsOfScriptsAreInstalled() throws {
    let listed = try listed()
    var seen: Set<String> = []
    for file in files(below: ["ci", ".ci", "Tests"]) {
      // What runs inside a machine of its own has that machine's programs.
      guard !Self.inMachines.contains(file),
        let script = try? text(file), script.hasPrefix("#!")
      else { continue }
      let first = script.prefix { $0 != "\n" }
      let words =
        first.contains("python")
        ? Self.started(byPython: script)
        : first.contains("sh") ? Self.started(byShell: script) : []
      for word in words {
        guard let package = Self.packages[word] else {
          #expect(!Self.isProgram(word), "\(file): which package has '\(word)'?")
          continue
        }
        seen.insert(word)
        let isThere =
          package == "swift" || listed.contains(package) || Self.always.contains(package)
        #expect(isThere, "\(file) starts \(word), of \(package)")
      }
    }
    #expect(seen.isSuperset(of: ["bpftool", "cpio", "git", "zstd", "ps", "unshare", "cc"]))
  }

  private static let inMachines: Set<String> = [
    "Tests/usb/init", "Tests/usb/cable", "Tests/kernels/devices", "Tests/kernels/shortage",
  ]

  private static func isProgram(_ word: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(word)")
    }
  }

  /// First words of lists of arguments.
  private static func started(byPython script: String) -> Set<String> {
    let lists = script.matches(of: /(?:run|Popen|check_output|command)\(\[?"([a-z][\w.+-]*)"/)
    return Set(lists.map { String($0.output.1) })
  }

  /// Words where a command may stand. Quoted text is none, but for what `$(…)` in it starts.
  static func started(byShell script: String) -> Set<String> {
    var text = withoutHereDocuments(script)
    text = text.replacing(/(?m)(^|\s)#.*$/, with: { String($0.output.1) })
    text = text.replacing("\\\n", with: " ")
    text = text.replacing(/'[^']*'/, with: "Q")
    text = text.replacing(/"((?:[^"\\]|\\.)*)"/) { quoted in
      "Q" + quoted.output.1.matches(of: /\$\([^()]*\)/).map { " \($0.output)" }.joined()
    }
    text = text.replacing(/\w+\+?=\([^)]*\)/, with: "")
    // A question for a program starts none.
    text = text.replacing(/\bcommand -v [\w.+-]+/, with: "")
    // Labels of a case are words of the script's own.
    text = text.replacing(/(?m)^\s*[\w-]+(?:\s*\|\s*[\w-]+)*\)(?=\s)/, with: " ; ")
    let functions = Set(text.matches(of: /(?m)^\s*(\w+)\(\)/).map { String($0.output.1) })
    let parts = text.split(
      separator: /\n|;|&&|\||\$\(|\(|\)|`|!|\{ |\b(?:then|do|else|if|elif|while|until)\b/)
    var found: Set<String> = []
    for part in parts {
      var words = part.split(whereSeparator: \.isWhitespace).map(String.init)[...]
      while let word = words.first {
        let isPrefix = ["exec", "env", "sudo", "command", "step"].contains(word)
        guard isPrefix || word.wholeMatch(of: /\w+\+?=.*/) != nil || word.hasPrefix("-") else {
          break
        }
        words.removeFirst()
      }
      guard let word = words.first, word.wholeMatch(of: /[A-Za-z][\w.+-]*/) != nil,
        !functions.contains(word), !builtIns.contains(word)
      else { continue }
      found.insert(word)
    }
    return found
  }

  private static let builtIns: Set<String> = [
    "alias", "break", "builtin", "case", "cd", "continue", "declare", "done", "echo", "esac",
    "eval", "exit", "export", "false", "fi", "for", "function", "getopts", "hash", "in", "kill",
    "let", "local", "mapfile", "popd", "printf", "pushd", "pwd", "read", "readonly", "return",
    "select", "set", "shift", "shopt", "source", "test", "time", "times", "trap", "true", "type",
    "ulimit", "umask", "unset", "wait",
  ]

  private static func withoutHereDocuments(_ script: String) -> String {
    var end: String?
    var lines: [Substring] = []
    for line in script.split(separator: "\n", omittingEmptySubsequences: false) {
      if let word = end {
        if line.drop(while: { $0 == "\t" }) == word { end = nil }
        continue
      }
      if !line.contains("<<<"), let match = line.firstMatch(of: /<<-?\s*['"]?(\w+)['"]?/) {
        end = String(match.output.1)
      }
      lines.append(line)
    }
    return lines.joined(separator: "\n")
  }

  @Test func commandsAreFoundWhereTheyStand() {
    let script = """
      # awk is no command here
      work=$(mktemp -d) && cd "$work"
      helper() { sort "$1" | uniq; }
      if ! grep -q x file; then LC_ALL=C sed s/a/b/ file; fi
      echo "made $(date +%s) by tar"
      cat <<END
      losetup is text
      END
      helper 'fio is text' || exec env A=b nproc
      go=$(command -v go || true)
      case $1 in
      fold | tar) wc -l ;;
      esac
      """
    #expect(
      Self.started(byShell: script)
        == ["mktemp", "sort", "uniq", "grep", "sed", "date", "cat", "nproc", "wc"])
  }
}
