import ADB
import ADBPeers
import Devices
import Foundation
import Testing

/// A daemon that asks for proof, as the ones in production devices do.
@Suite(
  .enabled(if: RealADBD.isEnabled, "set LATGATE_E2E=1 and run as root: extracts and starts adbd"),
  .serialized)
struct AuthenticationTests {
  private let directory = FileManager.default.temporaryDirectory
    .appending(path: "latgate-keys-\(UUID().uuidString)").path

  private func store(_ name: String, vendor: [String] = []) throws -> ADBKeyStore {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    return ADBKeyStore(
      userKey: "\(directory)/\(name)", vendorKeys: vendor, comment: "test@latgate")
  }

  private func answer(_ keys: ADBKeyStore, port: UInt16) async throws -> String {
    let transport = DirectTransport(host: "127.0.0.1", port: port, keys: keys)
    let link = try await TCPLink.connect(host: "127.0.0.1", port: port, timeout: .seconds(30))
    let connection = try await ADBConnection.open(
      over: link, keys: keys.keys, timeout: .seconds(10))
    connection.close()
    let device = ADBDevice(transport: transport)
    let text = try await device.exec("echo in", timeout: .seconds(20)).text
    await transport.disconnect()
    return text
  }

  @Test func aKnownKeyIsLetInAndAStrangerIsNot() async throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let known = try store("known")
    let line = try #require(try known.keys().first).publicLine()
    let daemon = try await RealADBD.start(port: 6661, authorizedKeys: [line])
    #expect(try await answer(known, port: daemon.port) == "in\n")
    let stranger = try store("stranger")
    await #expect(throws: ADBError.unauthorized(serial: "127.0.0.1:6661")) {
      try await answer(stranger, port: daemon.port)
    }
    // A vendor's key gets in after the user's own was refused.
    let both = try store("stranger", vendor: ["\(directory)/known"])
    #expect(try await answer(both, port: daemon.port) == "in\n")
    _ = consume daemon
  }

  @Test func keysOfOpenSSLAndOfTheAdbProgramAreUsed() async throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    _ = try store("any")
    let made = try await LocalDevice().exec(
      """
      cd \(shellQuote(directory))
      openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out pkcs8 2>&1
      openssl rsa -in pkcs8 -traditional -out pkcs1 2>&1
      adb keygen theirs 2>&1
      """, timeout: .seconds(60))
    #expect(made.exitCode == 0, "\(made.text)")
    var lines: [String] = []
    for name in ["pkcs8", "pkcs1", "theirs"] {
      lines.append(try #require(try store(name).keys().first).publicLine())
    }
    // One key in two spellings.
    #expect(lines[0] == lines[1])
    let theirs = try String(contentsOfFile: "\(directory)/theirs.pub", encoding: .utf8)
    #expect(theirs.split(separator: " ").first == lines[2].split(separator: " ").first)
    let daemon = try await RealADBD.start(port: 6662, authorizedKeys: lines)
    for name in ["pkcs8", "pkcs1", "theirs"] {
      #expect(try await answer(store(name), port: daemon.port) == "in\n", "\(name)")
    }
    _ = consume daemon
  }

  @Test func aKeyMadeHereIsOneForTheAdbProgram() async throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let store = try store("adbkey")
    let line = try #require(try store.keys().first).publicLine()
    #expect(try #require(try store.keys().first).publicLine() == line)
    let mode = try FileManager.default.attributesOfItem(atPath: store.userKey)[.posixPermissions]
    #expect(mode as? Int == 0o600)
    let theirs = try await LocalDevice().exec(
      "adb pubkey \(shellQuote(store.userKey))", timeout: .seconds(20))
    #expect(theirs.text.split(separator: " ").first == line.split(separator: " ").first)
  }

  @Test func unusableKeysAreNamed() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let store = try store("broken")
    for text in ["", "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n"]
    {
      try Data(text.utf8).write(to: URL(filePath: store.userKey))
      let error = #expect(throws: ADBError.self) { try store.keys() }
      guard case .badKey(store.userKey, _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }
}
