import Testing

@testable import Experiments

@Suite struct CovariatesTests {
  @Test func readsNumbersWithTheirUnits() {
    let numbers = Covariates.read([
      "/proc/meminfo": "MemTotal:  1000 kB\nMemAvailable:   512 kB\n",
      "/proc/loadavg": "0.50 0.40 0.30 1/100 1234\n",
      "/proc/vmstat": "pgfault 5\npgmajfault 7\n",
      "/sys/class/thermal/thermal_zone0/temp": "41500\n",
      "/sys/class/power_supply/battery/capacity": "80\n",
    ])
    #expect(
      numbers == [
        "memory_available_kib": 512, "load_1min": 0.5, "major_faults_total": 7,
        "temperature_celsius": 41.5, "battery_percent": 80,
      ])
  }

  @Test func leavesOutWhatMakesNoSense() {
    #expect(
      Covariates.read([
        "/proc/meminfo": "MemAvailable:", "/proc/loadavg": "", "/proc/vmstat": "pgmajfault x",
        "/sys/class/thermal/thermal_zone0/temp": "hot",
      ]).isEmpty)
  }
}
