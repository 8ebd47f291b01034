import Devices
import Testing

@testable import Experiments

@Suite struct DeviceCheckupTests {
  private func checkup(
    user: UInt32 = 0, way: RootWay? = nil, _ changes: [String: String?] = [:]
  ) -> DeviceCheckup {
    var identity = DeviceIdentity(
      serial: "1", model: "m", fingerprint: "f", kernelRelease: "6.1", kernelVersion: "#1",
      abi: "arm64", bootID: "b", userID: user)
    if let way { identity.privilege = way }
    var facts: [String: String?] = [
      "directory": "/tmp", "space": "tmpfs 500000 1 499999 1% /tmp", "exec": "7", "bpf": "yes",
      "btf": "yes", "trace": "yes",
    ]
    facts.merge(changes) { $1 }
    let lines = facts.compactMap { key, value in value.map { "latgate:\(key)=\($0)\r\n" } }
    return DeviceCheckup(
      identity: identity, refusals: ["su -c: no"], answer: "noise\n" + lines.joined())
  }

  private func stops(_ checkup: DeviceCheckup) -> [String] {
    checkup.findings.filter { $0.state == .stops }.map(\.subject)
  }

  @Test func aRootShellHasAllTiers() {
    #expect(checkup().findings.allSatisfy { $0.state == .fine })
    #expect(checkup().likelyTier == .t2)
    #expect(checkup(user: 2000, way: .sudo).likelyTier == .t2)
  }

  @Test func aShellHasWhatTheFirmwareGives() {
    #expect(checkup(user: 2000).likelyTier == .t0)
    #expect(checkup(user: 2000, ["pinned": "yes"]).likelyTier == .t1)
    let closed = checkup(user: 2000, ["trace": nil])
    #expect(closed.likelyTier == nil)
    #expect(stops(closed) == ["tier"])
    let rights = closed.findings.first { $0.subject == "privilege" }
    #expect(rights?.state == .warning)
    #expect(rights?.detail.contains("su -c: no") == true)
  }

  @Test(arguments: [
    ("space", "tmpfs 500000 490000 10000 98% /tmp", "space"), ("exec", "126", "programs"),
    ("exec", "unwritable", "programs"),
  ])
  func whatStopsARunIsNamedWithARemedy(key: String, value: String, subject: String) {
    let made = checkup([key: value])
    #expect(stops(made) == [subject])
    #expect(made.findings.first { $0.state == .stops }?.remedy?.isEmpty == false)
  }

  @Test(arguments: [
    "//nas/my share 500000 1 499999 1% /mnt/my 98% disk", "tmpfs 500000 1 499999 1% /mnt/a b c d",
    "                500000 1 499999 1% /wrapped",
  ])
  func namesOfFileSystemsMayHoldBlanks(line: String) {
    let space = checkup(["space": line]).findings.first { $0.subject == "space" }
    #expect(space?.state == .fine)
    #expect(space?.detail == "/tmp has 488 MiB free")
  }

  @Test func typesOfTheDeviceFileOpenTheBestTier() {
    var made = checkup(["btf": nil])
    #expect(made.likelyTier == .t0)
    made.bringsTypes = true
    #expect(made.likelyTier == .t2)
  }

  @Test func whatMayStillPassIsAWarning() {
    let made = checkup(["boot": ".", "agent": "yes", "space": "no such thing"])
    let warnings = made.findings.filter { $0.state == .warning }.map(\.subject)
    #expect(warnings == ["boot", "space", "agent"])
    #expect(checkup(["btf": nil, "trace": nil]).findings.contains { $0.detail.contains("BTF") })
  }

  @Test func thisMachineAnswers() async throws {
    let made = try await DeviceCheckup.look(
      at: LocalDevice(), wish: .shell, timeout: .seconds(20))
    let known = made.findings.filter { ["space", "programs"].contains($0.subject) }
    #expect(known.map(\.state) == [.fine, .fine], "\(known)")
  }
}
