import Foundation
import Glibc
import POSIXSupport

/// The keys of this user, where the adb program keeps them.
package struct ADBKeyStore: Sendable {
  /// `~/.android/adbkey`.
  package let userKey: String
  /// Files, or directories of `*.adb_key` files.
  package let vendorKeys: [String]
  private let comment: String

  package init(userKey: String, vendorKeys: [String] = [], comment: String) {
    self.userKey = userKey
    self.vendorKeys = vendorKeys
    self.comment = comment
  }

  /// As adb looks for them: `ANDROID_USER_HOME` or `HOME`, and `ADB_VENDOR_KEYS`, whose entries
  /// are separated by colons.
  package init(environment: [String: String]) {
    let home =
      environment["ANDROID_USER_HOME"] ?? (environment["HOME"] ?? "/") + "/.android"
    let user = environment["USER"] ?? environment["LOGNAME"] ?? "unknown"
    self.init(
      userKey: "\(home)/adbkey",
      vendorKeys: (environment["ADB_VENDOR_KEYS"] ?? "").split(separator: ":").map(String.init),
      comment: "\(user)@\(ProcessInfo.processInfo.hostName)")
  }

  /// The user's key first, then the vendor's. Makes the user's key where there is none.
  ///
  /// Unreadable vendor keys are passed over, as adb does; a user's key that cannot be read is an
  /// error, because a new one in its place would cut the user off from every device.
  /// - Throws: ``ADBError/badKey(file:detail:)``.
  package func keys() throws(ADBError) -> [ADBKey] {
    var keys = [try userKeyMadeIfMissing()]
    for path in vendorKeys.flatMap(files(of:)) {
      guard let pem = try? String(contentsOfFile: path, encoding: .utf8),
        let key = try? ADBKey(pem: pem, file: path, comment: comment)
      else { continue }
      keys.append(key)
    }
    return keys
  }

  private func userKeyMadeIfMissing() throws(ADBError) -> ADBKey {
    do {
      let pem = try String(contentsOfFile: userKey, encoding: .utf8)
      return try ADBKey(pem: pem, file: userKey, comment: comment)
    } catch let error as ADBError {
      throw error
    } catch {
      if FileManager.default.fileExists(atPath: userKey) {
        throw .badKey(file: userKey, detail: "it cannot be read: \(error.localizedDescription)")
      }
    }
    let (key, pem) = try ADBKey.generate(file: userKey, comment: comment)
    do {
      try FileManager.default.createDirectory(
        atPath: URL(fileURLWithPath: userKey).deletingLastPathComponent().path,
        withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
      // O_EXCL: an adb that made its key in the meantime keeps it.
      let flags = O_WRONLY | O_CREAT | O_EXCL
      try OwnedDescriptor.open(userKey, flags: flags, mode: 0o600)
        .writeAll(Array(pem.utf8), subject: userKey)
      try OwnedDescriptor.open(userKey + ".pub", flags: O_WRONLY | O_CREAT, mode: 0o644)
        .writeAll(Array((try key.publicLine() + "\n").utf8), subject: userKey + ".pub")
    } catch let error as SystemCallError where error.code == EEXIST {
      return try userKeyMadeIfMissing()
    } catch {
      throw .badKey(file: userKey, detail: "it cannot be written: \(error)")
    }
    return key
  }

  private func files(of entry: String) -> [String] {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: entry, isDirectory: &isDirectory) else {
      return []
    }
    guard isDirectory.boolValue else { return [entry] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: entry)) ?? []
    return names.filter { $0.hasSuffix(".adb_key") }.sorted().map { "\(entry)/\($0)" }
  }
}
