import Testing

@testable import Experiments

@Suite struct DeviceReadingTests {
  private let thermal = "/sys/class/thermal"
  private let policy = "/sys/devices/system/cpu/cpufreq/policy0"

  @Test func readsThermalZonesAndCoolingDevices() {
    let reading = DeviceReading(files: [
      "\(thermal)/thermal_zone0/type": "cpu-0\n", "\(thermal)/thermal_zone0/temp": "41500\n",
      "\(thermal)/thermal_zone1/temp": "44000\n", "\(thermal)/thermal_zone2/temp": "-274000\n",
      "\(thermal)/thermal_zone3/temp": "", "\(thermal)/thermal_zone4/temp": "150000",
      "\(thermal)/thermal_zone5/temp": "150001",
      "\(thermal)/cooling_device0/type": "thermal-cpufreq-0\n",
      "\(thermal)/cooling_device0/cur_state": "3\n",
      "\(thermal)/cooling_device1/type": "pwm-Fan\n",
      "\(thermal)/cooling_device1/cur_state": "7\n",
    ])
    #expect(
      reading.temperatures == ["thermal_zone0": 41.5, "thermal_zone1": 44, "thermal_zone4": 150])
    #expect(reading.coolingStates == ["cooling_device0": 3])
  }

  @Test func readsFrequencies() throws {
    let reading = DeviceReading(files: [
      "\(policy)/scaling_cur_freq": "1200000\n", "\(policy)/scaling_min_freq": "300000\n",
      "\(policy)/scaling_max_freq": "1800000\n", "\(policy)/cpuinfo_max_freq": "2000000\n",
      "\(policy)/stats/time_in_state": "300000 10\n1200000 30\nbad line here\ninf 1\n5 nan\n",
      "\(policy)/stats/total_trans": "17\n",
      "/sys/devices/system/cpu/cpu0/cpu_capacity": "1024\n",
      "/sys/devices/system/cpu/cpu4/cpu_capacity": "380\n",
    ])
    let made = try #require(reading.policies["policy0"])
    #expect(made.current == 1_200_000 && made.lowest == 300_000)
    #expect(made.limit == 1_800_000 && made.hardware == 2_000_000 && made.changes == 17)
    #expect(made.ticks == [300_000: 10, 1_200_000: 30])
    #expect(reading.capacity == 1404)
  }

  /// What `Double` reads of words, and what no integer holds.
  @Test func numbersWithoutAnEndAreNone() {
    let reading = DeviceReading(files: [
      "/proc/uptime": "inf 0\n", "/proc/loadavg": "nan 0 0\n",
      "/proc/meminfo": "MemAvailable: infinity kB\n",
      "/proc/pressure/memory": "some avg10=inf avg60=0 avg300=0 total=nan\n",
    ])
    #expect(reading.uptime == nil && reading.uptimeNs == 0 && reading.load == nil)
    #expect(reading.memoryAvailable == nil && reading.freeKiB == 0)
    #expect(reading.memoryPressure == nil && reading.memoryStalled == nil)
    let long = DeviceReading(files: [
      "/proc/uptime": "1e300 0\n", "/proc/meminfo": "MemAvailable: 1e300 kB\n",
    ])
    #expect(long.uptimeNs == 0 && long.freeKiB == 0)
    let usual = DeviceReading(files: [
      "/proc/uptime": "12.5 20\n", "/proc/meminfo": "MemAvailable: 512 kB\n",
    ])
    #expect(usual.uptimeNs == 12_500_000_000 && usual.freeKiB == 512)
  }

  @Test func readsPowerMemoryAndTheRest() {
    let supply = "/sys/class/power_supply"
    let reading = DeviceReading(files: [
      "\(supply)/usb/type": "USB\n", "\(supply)/usb/capacity": "1\n",
      "\(supply)/bq27/type": "Battery\n", "\(supply)/bq27/capacity": "80\n",
      "\(supply)/bq27/status": "Charging\n", "\(supply)/bq27/scope": "System\n",
      "\(supply)/pen/type": "Battery\n", "\(supply)/pen/scope": "Device\n",
      "\(supply)/pen/capacity": "5\n", "\(supply)/pen/status": "Discharging\n",
      "/proc/meminfo": "MemTotal: 1000 kB\nMemAvailable:  512 kB\n",
      "/proc/loadavg": "0.50 0.40 0.30 1/100 1234\n", "/proc/vmstat": "pgfault 5\npgmajfault 7\n",
      "/proc/pressure/memory": "some avg10=1.50 avg60=0 avg300=0 total=4000\nfull total=1\n",
      "/proc/uptime": "12.5 20\n", "/proc/stat": "cpu  10 1 20 300 40 5 6 7 2 0\ncpu0 1\n",
      "/sys/devices/system/cpu/online": "0-3,6\n",
      "/sys/devices/system/clocksource/clocksource0/current_clocksource": "arch_sys_counter\n",
    ])
    #expect(reading.batteryPercent == 80 && reading.isCharging == true)
    #expect(reading.memoryAvailable == 512 && reading.majorFaults == 7 && reading.load == 0.5)
    #expect(reading.memoryPressure == 1.5 && reading.memoryStalled == 4000)
    #expect(reading.uptime == 12.5 && reading.ticks == CPUTicks(busy: 49, total: 389))
    #expect(reading.onlineCPUs == 5 && reading.clockSource == "arch_sys_counter")
  }

  @Test(arguments: ["", "a", "3-1", "-1", "0-99999999", "0-1-2"])
  func refusesCPUListsThatMakeNoSense(_ list: String) {
    #expect(
      DeviceReading(files: ["/sys/devices/system/cpu/online": list]).onlineCPUs == nil)
  }

  @Test func leavesOutWhatMakesNoSense() {
    let reading = DeviceReading(files: [
      "/proc/meminfo": "MemAvailable:", "/proc/loadavg": "", "/proc/vmstat": "pgmajfault x",
      "\(thermal)/thermal_zone0/temp": "hot", "/proc/stat": "garbage", "/proc/uptime": "x",
      "\(policy)/scaling_max_freq": "nan", "strange": "1",
    ])
    #expect(Covariates.state(reading).isEmpty)
  }

  @Test func busyShareNeedsTimeToPass() {
    let earlier = CPUTicks(busy: 10, total: 100)
    #expect(CPUTicks(busy: 20, total: 200).busyShare(since: earlier) == 0.1)
    #expect(earlier.busyShare(since: earlier) == nil)
    #expect(CPUTicks(busy: 9, total: 200).busyShare(since: earlier) == nil)
  }
}
