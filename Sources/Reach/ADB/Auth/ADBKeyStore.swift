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

  /// Bytes of a key's file that are read.
  private static let largestKey = 1 << 16

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

  /// `isLast` is true where it was missing and then there: a link that leads nowhere is both for ever.
  private func userKeyMadeIfMissing(isLast: Bool = false) throws(ADBError) -> ADBKey {
    do {
      let bytes = try OwnedDescriptor.open(userKey, flags: O_RDONLY)
        .read(upTo: Self.largestKey, subject: userKey)
      return try ADBKey(
        pem: String(decoding: bytes, as: UTF8.self), file: userKey, comment: comment)
    } catch let error as ADBError {
      throw error
    } catch {
      let failure = error as? SystemCallError
      guard failure?.code == ENOENT, !isLast else {
        throw .badKey(file: userKey, detail: "it cannot be read: \(failure?.reason ?? "\(error)")")
      }
    }
    let (key, pem) = try ADBKey.generate(file: userKey, comment: comment)
    do {
      try FileManager.default.createDirectory(
        atPath: URL(fileURLWithPath: userKey).deletingLastPathComponent().path,
        withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
      // Whole or not at all: a part of one would keep the user from making another. One that an adb
      // made in the meantime stays.
      try AtomicFile.create(Array(pem.utf8), at: userKey, mode: 0o600)
      try AtomicFile.write(Array((try key.publicLine() + "\n").utf8), to: userKey + ".pub")
    } catch let error as SystemCallError where error.code == EEXIST {
      return try userKeyMadeIfMissing(isLast: true)
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
