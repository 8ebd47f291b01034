import Catalogs
import Devices
import RunRecords
import Testing

@testable import Experiments

@Suite struct StabilityGateTests {
  private typealias Stability = DeviceDefinition.Stability

  private func reading(_ change: (inout DeviceReading) -> Void = { _ in }) -> DeviceReading {
    var made = DeviceReading()
    made.temperatures = ["zone": 40]
    made.coolingStates = ["cooling_device0": 1]
    made.policies = ["policy0": .init(limit: 1500, hardware: 2000)]
    made.capacity = 2048
    made.batteryPercent = 50
    made.isCharging = false
    made.memoryAvailable = 1024
    made.memoryStalled = 0
    made.uptime = 100
    made.clockSource = "arch"
    change(&made)
    return made
  }

  private func speed(_ ns: Int) -> MachineSpeed? {
    MachineSpeed(output: "work: 1000\ncpu0_fastest_ns: \(ns)\ncpu0_mean_ns: \(ns)\n")
  }

  private func cause(
    _ bounds: Stability, before: DeviceReading? = nil, edges: [DeviceReading] = [],
    after: DeviceReading? = nil, speeds: (Int, Int) = (1000, 1000)
  ) -> DropCause? {
    StabilityGate(bounds: bounds, baseline: reading()).drop(
      .init(
        before: before ?? reading(), edges: edges, after: after ?? reading { $0.uptime = 110 },
        speedBefore: speed(speeds.0), speedAfter: speed(speeds.1)))?.cause
  }

  @Test func whatIsAsItWasAtFirstCounts() {
    // Throttled and limited from the boot on: the firmware's own affair.
    #expect(cause(Stability()) == nil)
  }

  @Test func limitsThatChangeDrop() {
    let hotter = reading { $0.coolingStates["cooling_device0"] = 2 }
    let lower = reading { $0.policies["policy0"]?.limit = 1499 }
    let higher = reading { $0.policies["policy0"]?.limit = 1501 }
    for where_ in 0..<3 {
      func at(_ seen: DeviceReading) -> DropCause? {
        cause(
          Stability(), before: where_ == 0 ? seen : nil, edges: where_ == 1 ? [seen] : [],
          after: where_ == 2 ? seen : nil)
      }
      #expect(at(hotter) == .throttling)
      #expect(at(lower) == .frequencyLimit)
      #expect(at(higher) == .frequencyLimit)
    }
    #expect(cause(Stability(), after: reading { $0.coolingStates["cooling_device0"] = 0 }) == nil)
    #expect(cause(Stability(), after: reading { $0.capacity = 2047 }) == .throttling)
    #expect(cause(Stability(dropsThrottled: false), before: hotter, after: lower) == nil)
  }

  /// Drivers report an `unsigned long` that is -1.
  @Test func statesThatNoIntegerHoldsDrop() {
    let state = DeviceReading(files: [
      "/sys/class/thermal/cooling_device0/type": "thermal-devfreq-0\n",
      "/sys/class/thermal/cooling_device0/cur_state": "18446744073709551615\n",
      "/sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq": "18446744073709551615\n",
    ])
    #expect(state.coolingStates["cooling_device0"] == 0x1p64)
    #expect(cause(Stability(), edges: [state]) == .throttling)
    let limit = reading { $0.policies["policy0"]?.limit = 0x1p64 }
    #expect(cause(Stability(), edges: [limit]) == .frequencyLimit)
  }

  @Test func theLessThrottledLookIsTheBaseline() {
    var hot = reading {
      $0.coolingStates = ["cooling_device0": 3, "cooling_device1": 0]
      $0.policies["policy0"]?.limit = 900
    }
    hot.capacity = 1000
    for made in [hot.leastThrottled(reading()), reading().leastThrottled(hot)] {
      #expect(made.coolingStates == ["cooling_device0": 1, "cooling_device1": 0])
      #expect(made.policies["policy0"]?.limit == 1500 && made.capacity == 2048)
    }
  }

  @Test func aCPUThatMayGoTakesItsCapacityAlong() {
    func dropped(_ bounds: Stability, online: Int) -> DropCause? {
      let gate = StabilityGate(bounds: bounds, baseline: reading { $0.onlineCPUs = 8 })
      let after = reading {
        $0.onlineCPUs = online
        $0.capacity = 1024
      }
      return gate.drop(.init(before: reading(), after: after))?.cause
    }
    let hotplug = Stability(allowsHotplug: true)
    #expect(dropped(hotplug, online: 4) == nil)
    #expect(dropped(hotplug, online: 8) == .throttling)
    #expect(dropped(Stability(), online: 4) == .throttling)
  }

  @Test func aLimitHasALowestShareOfTheHardware() {
    // 1500 of 2000.
    #expect(cause(Stability(frequencyLimitMin: Percentage(fraction: 0.75))) == nil)
    #expect(cause(Stability(frequencyLimitMin: Percentage(fraction: 0.76))) == .frequencyLimit)
  }

  @Test func speedMayChangeUpToItsBound() {
    let bounds = Stability(speedChangeMax: Percentage(fraction: 0.5))
    #expect(cause(bounds, speeds: (1000, 2000)) == nil)
    #expect(cause(bounds, speeds: (1000, 2001)) == .speed)
    #expect(cause(bounds, speeds: (2001, 1000)) == .speed)
    #expect(cause(Stability(), speeds: (1000, 9000)) == nil)
  }

  @Test func temperatureBatteryAndMemoryHaveBounds() {
    let bounds = Stability(
      temperatureMax: Temperature(celsius: 40), batteryMin: Percentage(fraction: 0.5),
      allowsCharging: false, memoryPressureMax: Percentage(fraction: 0.1),
      memoryAvailableMin: ByteSize(bytes: 1 << 20))
    #expect(cause(bounds) == nil)
    #expect(cause(bounds, after: reading { $0.temperatures["zone"] = 40.5 }) == .temperature)
    #expect(cause(bounds, before: reading { $0.batteryPercent = 49 }) == .battery)
    #expect(cause(bounds, before: reading { $0.isCharging = true }) == .battery)
    #expect(cause(bounds, before: reading { $0.memoryAvailable = 1023 }) == .memoryPressure)
    func stalled(_ microseconds: Double) -> DropCause? {
      cause(
        bounds,
        after: reading {
          $0.uptime = 110
          $0.memoryStalled = microseconds
        })
    }
    #expect(stalled(1_000_000) == nil)
    #expect(stalled(1_000_001) == .memoryPressure)
  }

  @Test func chargingOrClockThatChangesDropsAlways() {
    #expect(cause(Stability(), after: reading { $0.isCharging = true }) == .battery)
    #expect(
      cause(
        Stability(), before: reading { $0.isCharging = true },
        after: reading { $0.isCharging = true })
        == nil)
    #expect(cause(Stability(), after: reading { $0.clockSource = "jiffies" }) == .clock)
  }

  @Test func aDeviceThatSaysNothingIsNotDropped() {
    let bounds = Stability(
      temperatureMax: Temperature(celsius: 1), batteryMin: Percentage(fraction: 1),
      memoryPressureMax: Percentage(fraction: 0), frequencyLimitMin: Percentage(fraction: 1),
      speedChangeMax: Percentage(fraction: 0))
    let gate = StabilityGate(bounds: bounds, baseline: DeviceReading())
    #expect(gate.drop(.init(before: DeviceReading(), after: DeviceReading())) == nil)
  }
}

@Suite struct StartGateTests {
  private func look(_ temperature: Double?, busy: UInt64, total: UInt64) -> DeviceReading {
    var made = DeviceReading()
    if let temperature { made.temperatures = ["zone": temperature] }
    made.ticks = CPUTicks(busy: busy, total: total)
    return made
  }

  @Test func waitsForTheBandAndForQuiet() {
    var gate = StartGate(coolest: 30, hottest: 38, background: 0.2, maxLooks: 10)
    #expect(gate.handle(look(38, busy: 0, total: 0)) == .wait("first look"))
    #expect(
      gate.handle(look(38.1, busy: 0, total: 100))
        == .wait("temperature 38.1 C, to start it may be 38.0 C"))
    #expect(
      gate.handle(look(29.9, busy: 0, total: 200))
        == .wait("temperature 29.9 C, to start it must be 30.0 C"))
    #expect(
      gate.handle(look(38, busy: 21, total: 300))
        == .wait("CPU 21.0% busy before the iteration, limit 20.0%"))
    #expect(gate.handle(look(30, busy: 41, total: 400)) == .ready(background: 0.2))
  }

  @Test func givesUpAtTheLimitWithItsCause() {
    var gate = StartGate(coolest: nil, hottest: 38, background: 1, maxLooks: 3)
    for total: UInt64 in [0, 100] {
      guard case .wait = gate.handle(look(50, busy: 0, total: total)) else {
        Issue.record("gave up too early")
        return
      }
    }
    guard case .gaveUp(let drop) = gate.handle(look(50, busy: 0, total: 200)) else {
      Issue.record("did not give up")
      return
    }
    #expect(drop.cause == .temperature)
  }

  @Test(arguments: [(100, 101), (100, 100), (0, 0.01)] as [(Double, Double)])
  func whatTheSettleGateSawStandsForTheFirstLook(settled: Double, now: Double) {
    var gate = StartGate(
      coolest: 30, hottest: 38, background: 0.2, maxLooks: 10,
      settled: SettledState(uptime: settled, background: 0.02))
    var first = look(38, busy: 0, total: 1000)
    first.uptime = now
    #expect(gate.handle(first) == .ready(background: 0.02))
    // The band is asked for all the same, and later looks are the gate's own.
    gate = StartGate(
      coolest: 30, hottest: 38, background: 0.2, maxLooks: 10,
      settled: SettledState(uptime: settled, background: 0.02))
    first.temperatures = ["zone": 39]
    #expect(gate.handle(first) == .wait("temperature 39.0 C, to start it may be 38.0 C"))
    #expect(
      gate.handle(look(38, busy: 50, total: 1100))
        == .wait("CPU 50.0% busy before the iteration, limit 20.0%"))
    #expect(gate.handle(look(38, busy: 60, total: 1200)) == .ready(background: 0.1))
  }

  @Test(
    arguments: [
      (SettledState(uptime: 100, background: 0.02), 101.1),
      (SettledState(uptime: 100, background: 0.02), 99.9),
      (SettledState(uptime: 100, background: 0.02), nil),
      (SettledState(uptime: 100), 100.1),
    ] as [(SettledState, Double?)])
  func whatWasSeenLongAgoDoesNotStandForIt(settled: SettledState, now: Double?) {
    var gate = StartGate(
      coolest: nil, hottest: nil, background: 0.2, maxLooks: 10, settled: settled)
    var first = look(nil, busy: 0, total: 1000)
    first.uptime = now
    #expect(gate.handle(first) == .wait("first look"))
    #expect(gate.handle(look(nil, busy: 10, total: 1100)) == .ready(background: 0.1))
  }

  @Test func aBusySettledDeviceIsLookedAtAgain() {
    var gate = StartGate(
      coolest: nil, hottest: nil, background: 0.2, maxLooks: 10,
      settled: SettledState(uptime: 100, background: 0.21))
    var first = look(nil, busy: 0, total: 1000)
    first.uptime = 100.1
    #expect(
      gate.handle(first) == .wait("CPU 21.0% busy before the iteration, limit 20.0%"))
    #expect(gate.handle(look(nil, busy: 10, total: 1100)) == .ready(background: 0.1))
  }

  @Test func aDeviceWithoutFilesStartsAtOnce() {
    var gate = StartGate(coolest: 30, hottest: 38, background: 0, maxLooks: 2)
    #expect(gate.handle(DeviceReading()) == .ready(background: 0))
  }
}

@Suite struct BootWorkTests {
  /// What the script starts on a device whose zygote and compilers are such, and what comes of it.
  private func asked(
    zygote: String, compiling: String = ""
  ) async throws -> (calls: [String], unrest: String?) {
    // Shell functions stand in for the device's programs; the script silences their usual streams.
    let device = """
      exec 3>&2
      getprop() {
      echo "getprop $*" >&3
      [ "$1" = ro.zygote ] && echo '\(zygote)'
      [ "$1" = sys.boot_completed ] && echo 1
      }
      pidof() {
      echo "pidof $*" >&3
      for asked; do [ "$asked" = '\(compiling)' ] && return 0; done
      return 1
      }

      """
    let made = try await LocalDevice().exec(device + BootWork.script, timeout: .seconds(20))
    let calls = String(decoding: made.standardError, as: UTF8.self).split(separator: "\n")
    return (calls.map(String.init), BootWork.unrest(made.text))
  }

  @Test func aQuietDeviceIsAskedByFewProcesses() async throws {
    let all = "pidof dex2oat dex2oat32 dex2oat64"
    let quiet = try await asked(zygote: "")
    #expect(quiet.calls == ["getprop ro.zygote", all])
    #expect(quiet.unrest == nil)
    let booted = try await asked(zygote: "zygote64")
    #expect(booted.calls == ["getprop ro.zygote", "getprop sys.boot_completed", all])
    #expect(booted.unrest == nil)
    let busy = try await asked(zygote: "zygote64", compiling: "dex2oat64")
    #expect(busy.unrest == "packages are being compiled (dex2oat64)")
  }

  @Test func aLoginsBannerIsPassedOver() {
    #expect(
      BootWork.unrest("====\n=\nwelcome = home\ndexopt=dex2oat\n")
        == "packages are being compiled (dex2oat)")
    #expect(BootWork.unrest("=\n") == nil)
  }

  @Test(arguments: [
    ("", nil), ("zygote=\nboot_completed=\n", nil), ("zygote=\nboot_completed=1\n", nil),
    ("zygote=zygote64\nboot_completed=1\n", nil),
    ("zygote=zygote64\nboot_completed=\n", "boot not completed"),
    ("zygote=zygote64\nboot_completed=0\n", "boot not completed"),
    ("Update state: none\n", nil), ("Update state: merge-completed\n", nil),
    ("Update state: initiated\n", nil),
    ("Update state: merging\n", "an update is being merged (merging)"),
    ("Update state: unverified\n", "an update is being merged (unverified)"),
    ("boot_completed=1\ndexopt=dex2oat64\n", "packages are being compiled (dex2oat64)"),
  ])
  func saysWhatIsUnderWay(_ output: String, _ expected: String?) {
    #expect(BootWork.unrest(output) == expected)
  }
}
