import Catalogs
import Devices
import Experiments
import Foundation
import ProbeBuild
import Reporting
import RunRecords

/// Asks a device what it takes, for the commands that show it.
package struct Survey: Sendable {
  package let bench: Workbench
  package let safety: LoadSafety

  package init(
    bench: Workbench, safety: LoadSafety
  ) {
    self.bench = bench
    self.safety = safety
  }

  /// - Parameters:
  ///   - name: as `--device` has it; a device file of a virtual device boots its `reference`.
  ///   - probes: what to try; empty asks the device alone.
  ///   - tier: the only one that may be used; nil = the best that works.
  ///   - isChecking: each probe is asked under its own reference load whether it counts.
  /// - Returns: what the device takes.
  /// - Throws: `UnknownNameError`, `DeviceError`, `AgentSessionError`, and what building throws.
  package func report(
    device name: String, probes: [ProbeManifest], tier: Tier? = nil, isChecking: Bool = false
  ) async throws -> SurveyReport {
    let console = bench.console
    let target = try await bench.laneFactory(
      waiting: { console.note($0) }, progress: { console.note($0) }
    )
    .single(device: name, id: "survey-\(getpid())")
    defer { target.release() }
    guard let lane = target.lanes.first else {
      throw DeviceError.notFound(device: name, known: [])
    }
    do {
      let firmware = "reference"
      let started = try await lane.start(firmware: firmware)
      let device = started.device
      let findings = try await DeviceSurvey(
        device: device, transport: lane.transport,
        bundle: try await bench.bundle(abi: try await Plan.abi(of: device), probes: probes),
        safety: safety, btf: started.btf(of: target.definition), firmware: firmware,
        toolVersion: Version.text, report: { console.note($0) }
      ).run(probes: probes, tier: tier, isChecking: isChecking)
      await lane.finish()
      return SurveyReport(findings)
    } catch {
      await lane.finish()
      throw error
    }
  }
}

extension SurveyReport {
  fileprivate init(_ findings: DeviceSurvey.Findings) {
    self.init(
      device: findings.device, model: findings.model, fingerprint: findings.fingerprint,
      kernelRelease: findings.kernelRelease,
      tiers: Route.allCases.map { route in
        let closed = findings.closed[route]
        return TierLine(
          tier: route.tier, tool: route == .perfetto ? "perfetto" : nil, works: closed == nil,
          reason: closed?.reason ?? "", remedy: closed?.remedy)
      },
      probes: findings.probes)
  }
}
