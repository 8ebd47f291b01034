import DebianRoots
import Foundation
import Glibc
import POSIXSupport

/// A real OpenSSH server on a loopback port, in an overlay of its own over this machine's root.
///
/// Runs as root in a mount namespace, so that nothing of it stays behind. Its kernel is this
/// machine's. Users, beside root, all with uid 2000 and up and the same key:
///
/// | user | way to root |
/// |---|---|
/// | `board` | none: `su` asks for a password, `sudo` allows no user |
/// | `granted` | util-linux's `su`, without a password |
/// | `sudoer` | `sudo`, without a password |
/// | `android` | a `su` that takes a user and runs the words after it, as Android's does |
/// | `stuck` | none: its `su` never answers |
///
/// The `su` of busybox and toybox are in `/opt/busybox` and `/opt/toybox`. Its `reboot` ends the
/// server and all sessions; the server is back after five seconds, within which a busy machine, too, asks
/// for it once.
package final class SSHPeer: Sendable {
  /// The tests that use it need root and the network's Debian mirror.
  package static let isEnabled =
    ProcessInfo.processInfo.environment["LATGATE_E2E"] == "1" && getuid() == 0

  package let port: UInt16
  /// Holds the key `key`, the host's public key `host_key.pub` and `ssh_config`.
  package let work: String
  private let child: ChildProcess

  /// Starts the server on a free port and returns once it listens.
  package static func start() async throws -> SSHPeer {
    let root = try await DebianRoot.extract(
      name: "ssh-peer", packages: ["openssh-server", "sudo", "busybox-static", "toybox"],
      architecture: .amd64, suites: ["bookworm"])
    return try await SSHPeer(root: root)
  }

  /// Path of an ssh configuration that knows the server's host key and the users' key.
  package var configuration: String { "\(work)/ssh_config" }

  private init(root: String) async throws {
    port = try Self.freePort()
    work = NSTemporaryDirectory() + "latgate-sshd-\(UUID().uuidString.prefix(8))"
    try UserDirectories.makeDirectory(work)
    let script = Self.script(root: root, work: work, port: port)
    child = try ChildProcess.spawn(
      "/usr/bin/unshare", arguments: ["--mount", "--kill-child", "--fork", "sh", "-c", script],
      connectsInput: true)
    try await waitUntilListening()
    let hostKey = try String(contentsOfFile: "\(work)/host_key.pub", encoding: .utf8)
      .split(separator: " ").prefix(2).joined(separator: " ")
    try Data("[127.0.0.1]:\(port) \(hostKey)\n".utf8)
      .write(to: URL(fileURLWithPath: "\(work)/known_hosts"))
    let text = """
      Host *
        IdentityFile \(work)/key
        IdentitiesOnly yes
        UserKnownHostsFile \(work)/known_hosts
        StrictHostKeyChecking yes

      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: configuration))
  }

  deinit {
    child.signalGroup(SIGKILL)
    try? FileManager.default.removeItem(atPath: work)
  }

  private static func script(root: String, work: String, port: UInt16) -> String {
    """
    set -eu
    exec 2> \(work)/log
    # The pipe ends with the tests, however they end.
    exec 3<&0
    (cat <&3 > /dev/null; kill -KILL 0) &
    exec 3<&- < /dev/null
    ssh-keygen -q -t ed25519 -N '' -f \(work)/key
    ssh-keygen -q -t ed25519 -N '' -f \(work)/host_key
    mkdir \(work)/fs
    mount -t tmpfs none \(work)/fs
    mkdir \(work)/fs/up \(work)/fs/work \(work)/fs/root
    r=\(work)/fs/root
    mount -t overlay overlay -o lowerdir=/,upperdir=\(work)/fs/up,workdir=\(work)/fs/work $r
    tar -C \(root) -c usr etc | tar -C $r -x --keep-directory-symlink
    [ -L \(root)/bin ] || [ ! -d \(root)/bin ] || tar -C \(root) -c bin | tar -C $r -x --keep-directory-symlink
    for directory in proc sys dev tmp; do mount --rbind /$directory $r/$directory; done
    mkdir -p $r/run/sshd $r/etc/peer $r/opt/android $r/opt/stuck $r/opt/busybox $r/opt/toybox
    ln -s /bin/busybox $r/opt/busybox/su
    ln -s /bin/toybox $r/opt/toybox/su
    cp \(work)/key.pub $r/etc/peer/authorized_keys
    cp \(work)/host_key $r/etc/peer/host_key
    grep -q '^sshd:' $r/etc/passwd || echo 'sshd:x:74:74::/run/sshd:/usr/sbin/nologin' >> $r/etc/passwd
    id=2000
    for user in board granted sudoer android stuck; do
      echo "$user:x:$id:$id::/home/$user:/bin/sh" >> $r/etc/passwd
      echo "$user:*:19000:0:99999:7:::" >> $r/etc/shadow
      echo "$user:x:$id:" >> $r/etc/group
      mkdir -p $r/home/$user
      chown $id:$id $r/home/$user
      id=$((id + 1))
    done
    {
      echo 'auth sufficient pam_rootok.so'
      echo 'auth sufficient pam_succeed_if.so use_uid user = granted'
      echo 'auth required pam_unix.so'
      echo 'account required pam_permit.so'
      echo 'session required pam_permit.so'
    } > $r/etc/pam.d/su
    printf '%s\\n' 'root ALL=(ALL:ALL) ALL' 'sudoer ALL=(ALL) NOPASSWD: ALL' \
      'android ALL=(ALL) NOPASSWD: ALL' 'Defaults use_pty' > $r/etc/sudoers
    printf '%s\\n' '#!/bin/sh' '[ "$1" = 0 ] || exit 1' 'shift' 'exec /usr/bin/sudo -n "$@"' \
      > $r/opt/android/su
    printf '%s\\n' '#!/bin/sh' 'exec sleep 1000' > $r/opt/stuck/su
    chmod 755 $r/opt/android/su $r/opt/stuck/su
    chown -R 0:0 $r/usr/bin/sudo $r/usr/lib/sudo $r/usr/libexec/sudo $r/etc/sudoers || true
    chmod 4755 $r/usr/bin/sudo $r/usr/bin/su
    chmod 440 $r/etc/sudoers
    {
      echo Port \(port)
      echo ListenAddress 127.0.0.1
      echo HostKey /etc/peer/host_key
      echo AuthorizedKeysFile /etc/peer/authorized_keys
      echo PasswordAuthentication no
      echo KbdInteractiveAuthentication no
      echo PermitRootLogin prohibit-password
      echo UsePAM no
      echo PidFile /run/peer.pid
      echo StrictModes no
      echo MaxStartups 100
      for user in android stuck; do
        echo Match User $user
        echo SetEnv PATH=/opt/$user:/usr/bin:/bin
      done
    } > $r/etc/peer/sshd_config
    {
      echo '#!/bin/sh'
      echo 'daemon=$(cat /run/peer.pid)'
      echo 'kill "$daemon" $(pgrep -P "$daemon")'
    } > $r/usr/local/bin/reboot
    chmod 755 $r/usr/local/bin/reboot
    while :; do
      chroot $r /usr/sbin/sshd -D -e -f /etc/peer/sshd_config || true
      sleep 5
    done
    """
  }

  private static func freePort() throws -> UInt16 {
    // Above the ports that adb servers look at, below those given to outgoing connections.
    for _ in 0..<50 {
      let port = UInt16.random(in: 20_000...30_000)
      let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(probe) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(probe, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      if bound == 0 { return port }
    }
    throw SystemCallError(call: "bind", code: EADDRINUSE, subject: "127.0.0.1")
  }

  private func waitUntilListening() async throws {
    // It copies packages first, perhaps beside other peers that do.
    let deadline = ContinuousClock.now + .seconds(180)
    while true {
      do {
        let address = SocketAddress.tcp(host: "127.0.0.1", port: port)
        try await address.connect(deadline: deadline).close()
        return
      } catch let error as SystemCallError {
        let log = (try? String(contentsOfFile: "\(work)/log", encoding: .utf8)) ?? ""
        if child.knownStatus != nil || ContinuousClock.now > deadline {
          throw SystemCallError(call: error.call, code: error.code, subject: "sshd: \(log)")
        }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }
}
