import ForeignReaders
import Foundation
import LatencyHistograms
import Testing

@testable import HistogramExchange

/// What other programs write.
struct ReadTests {
  private func read(_ text: String) throws -> [ForeignHistograms.Entry] {
    try ForeignHistograms(Array(text.utf8)).entries
  }

  /// A log of HdrHistogram's own package: exact counts, and values to its three digits.
  @Test(.enabled(if: ForeignReader.has("hdrh"), "hdrhistogram is not installed: run ci/setup"))
  func anHdrLogOfItsOwnWriter() throws {
    let log = try ForeignReader.run(
      """
      import io, sys
      from hdrh.histogram import HdrHistogram
      print("#[Histogram log format version 1.3]")
      print("#[StartTime: 1441812279.474 (seconds since epoch)]")
      state = 1
      for number in range(4):
          h = HdrHistogram(1, 3600000000000, 3)
          for _ in range(2000):
              state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
              h.record_value(1 + (state >> 33) % 90000000)
          h.record_value(3600000000)
          tag = "Tag=odd," if number % 2 else ""
          print("%s%d.0,1.0,3600.0,%s" % (tag, number, h.encode().decode()))
      """, input: "")
    let entries = try read(log)
    #expect(entries.map(\.histogram.count) == [4002, 4002])
    #expect(entries.map(\.labels) == [[:], ["tag": "odd"]])
    #expect(entries.allSatisfy { abs(Double($0.histogram.max) / 3.6e9 - 1) < 0.001 })
    let median = try #require(entries[0].histogram.quantile(0.5))
    #expect(abs(median / 45_000_000 - 1) < 0.06, "\(median)")
  }

  /// Logs of jHiccup, where they are at hand.
  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["LATGATE_KERNEL_BTF_DIR"] != nil
        && ForeignReader.has("hdrh"), "no logs of others at hand"))
  func logsOfOthersCountAsInTheirOwnReader() throws {
    let data = ProcessInfo.processInfo.environment["LATGATE_KERNEL_BTF_DIR"] ?? ""
    for name in ["jHiccup-2.0.7S.logV2.hlog", "jHiccup-2.0.7S.logV3.hlog"] {
      let path = "\(data)/hdrhistogram/\(name)"
      guard let bytes = FileManager.default.contents(atPath: path) else { continue }
      let theirs = try ForeignReader.run(
        """
        from hdrh.log import HistogramLogReader
        from hdrh.histogram import HdrHistogram
        total = HdrHistogram(1, 3600000000000, 3)
        reader = HistogramLogReader("\(path)", HdrHistogram(1, 3600000000000, 3))
        while True:
            one = reader.get_next_interval_histogram()
            if one is None:
                break
            total.add(one)
        print(total.get_total_count())
        """, input: "")
      let entries = try ForeignHistograms(Array(bytes)).entries
      #expect("\(entries.reduce(0) { $0 + $1.histogram.count })\n" == theirs)
      #expect(entries.map(\.histogram.max).max() ?? 0 > 1_790_000_000)
    }
    if let old = FileManager.default.contents(
      atPath: "\(data)/hdrhistogram/jHiccup-2.0.6.logV1.hlog")
    {
      #expect(throws: ExchangeError.self) { try ForeignHistograms(Array(old)) }
    }
  }

  /// A real run of fio: its own sum of bins is ours.
  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/fio")))
  func fioWritesBins() throws {
    let text = try ForeignReader.run(
      """
      import json, subprocess, sys, tempfile
      with tempfile.TemporaryDirectory() as directory:
          made = subprocess.run(
              ["fio", "--name=j1", "--ioengine=null", "--rw=randrw", "--size=4m", "--bs=4k",
               "--output-format=json+"], cwd=directory, check=True, capture_output=True, text=True)
      print(made.stdout)
      """, input: "")
    let document = try #require(
      try JSONSerialization.jsonObject(with: Data(text.drop { $0 != "{" }.utf8)) as? [String: Any])
    let job = try #require((document["jobs"] as? [[String: Any]])?.first)
    let entries = try read("fio: a warning\n" + text)
    for operation in ["read", "write"] {
      let own = try #require((job[operation] as? [String: Any])?["clat_ns"] as? [String: Any])
      let entry = try #require(
        entries.first { $0.metric == "fio.clat" && $0.labels["op"] == operation })
      #expect(entry.labels["job"] == "j1")
      #expect(entry.histogram.count == (own["N"] as? NSNumber)?.uint64Value)
      let p50 = try #require(
        ((own["percentile"] as? [String: Any])?["50.000000"] as? NSNumber)?.doubleValue)
      let median = try #require(entry.histogram.quantile(0.5))
      #expect(abs(median - p50) <= max(2, p50 * 0.07), "\(median), \(p50)")
    }
  }

  @Test func libbpfToolsText() throws {
    let entries = try read(
      """
      Tracing block device I/O... Hit Ctrl-C to end.

      disk = vda
           usecs               : count    distribution
               0 -> 1          : 3        |**                                      |
               2 -> 3          : 0        |                                        |
               4 -> 7          : 10       |****************************************|
             512 -> 1023       : 7        |****************************            |

      disk = vdb
           msecs               : count    distribution
               0 -> 1          : 1        |****************************************|
      """)
    #expect(entries.map(\.labels) == [["disk": "vda"], ["disk": "vdb"]])
    #expect(entries.map(\.unit) == ["us", "ms"])
    #expect(entries.map(\.histogram.count) == [20, 1])
    let histogram = entries[0].histogram
    #expect(histogram.tail(above: 512) == 7)
    #expect(histogram.tail(above: 4) == 17)
    #expect(histogram.max < 1024)
    // Spread evenly: as bpf's own reader would interpolate.
    let p75 = try #require(histogram.quantile(0.75))
    #expect(p75 > 512 && p75 < 800)
  }

  /// Intervals with the time above and the mean below, as funclatency's `-T -i 1` prints them.
  @Test func intervalsOfOneThingAreOneHistogram() throws {
    let entries = try read(
      """
      Tracing vfs_read.  Hit Ctrl-C to exit

      12:30:45
           nsec                : count    distribution
               0 -> 1          : 3        |****************************************|
      avg = 812 nsecs, total: 2436 nsecs, count: 3

           nsec                : count    distribution
               0 -> 1          : 4        |****************************************|
      """)
    #expect(entries.map(\.labels) == [[:]])
    #expect(entries.map(\.unit) == ["ns"])
    #expect(entries.map(\.histogram.count) == [7])
  }

  /// bcc's `bitesize`: kilobytes are no time.
  @Test func sizesInJSONKeepTheirUnit() throws {
    let text = """
      {"ts": "2026-01-01 00:00:00", "val_type": "TYPE", "data": [
        {"interval-start": 0, "interval-end": 1, "count": 5}], "Process Name": "dd"}
      """
    func unit(_ type: String) throws -> [String] {
      try read(text.replacingOccurrences(of: "TYPE", with: type)).map(\.unit)
    }
    #expect(try unit("kbytes") == ["kbytes"])
    #expect(try unit("usecs") == ["us"])
    #expect(try unit("") == ["us"])
  }

  /// Sums of damaged numbers must not overflow.
  @Test func anHdrCountOfNoProgramIsRefused() throws {
    for count in [UInt64(1) << 40, 1 << 41, .max] {
      var histogram = LatencyHistogram()
      histogram.record(5, times: count)
      let bytes = try HdrEncoding.encoded(histogram)
      if count > 1 << 40 {
        #expect(throws: ExchangeError.self) { try HdrEncoding.decoded(bytes) }
      } else {
        #expect(try HdrEncoding.decoded(bytes).count == count)
      }
    }
  }

  /// A line that is small when compressed may have a million of the largest counts.
  @Test func anHdrSumOfNoProgramIsRefused() throws {
    var histogram = LatencyHistogram()
    histogram.record(5, times: 1 << 40)
    histogram.record(9)
    let bytes = try HdrEncoding.encoded(histogram)
    let error = #expect(throws: ExchangeError.self) { try HdrEncoding.decoded(bytes) }
    #expect(error?.problem.contains("more events") == true)
  }

  /// What a program of this machine prints about its kernel; nil where it may not, or is not there.
  private static func printed(_ argv: [String]) -> String? {
    let words = argv.map { "'\($0)'" }.joined(separator: ", ")
    return try? ForeignReader.run(
      """
      import subprocess
      print(subprocess.run([\(words)], check=True, capture_output=True, text=True, timeout=60).stdout)
      """, input: "")
  }

  /// Debian 13 calls it by another name.
  private static let runQueue =
    printed(["runqlat", "1", "1"]) ?? printed(["runqlat-libbpf", "1", "1"])
  private static let bpftrace = printed([
    "bpftrace", "-f", "json", "-e",
    "interval:ms:1 { @wait_ns = hist(nsecs % 100000); @lat_us = lhist(nsecs % 100, 0, 100, 10); }"
      + " interval:s:1 { exit(); }",
  ])

  /// The counts as its lines have them, added up by a pattern of their own.
  @Test(.enabled(if: runQueue != nil, "runqlat cannot run here: it needs root and libbpf-tools"))
  func realTextOfLibbpfTools() throws {
    let text = try #require(Self.runQueue)
    let counts = text.matches(of: #/-> \d+ +: (\d+) /#).compactMap { UInt64($0.output.1) }
    let entries = try read(text)
    #expect(entries.map(\.unit) == ["us"])
    #expect(entries.map(\.histogram.count) == [counts.reduce(0, +)])
    #expect(counts.reduce(0, +) > 0)
  }

  /// Both of its histograms: by powers of two and by steps.
  @Test(.enabled(if: bpftrace != nil, "bpftrace cannot run here: it needs root"))
  func realJSONOfBpftrace() throws {
    let text = try #require(Self.bpftrace)
    let entries = try read(text)
    #expect(Set(entries.map(\.metric)) == ["bpf.wait_ns", "bpf.lat_us"])
    for entry in entries {
      let name = entry.metric.replacing("bpf.", with: "@")
      let line = try #require(text.split(separator: "\n").first { $0.contains("\"\(name)\"") })
      let counts = line.matches(of: /"count": (\d+)/).compactMap { UInt64($0.output.1) }
      #expect(entry.histogram.count == counts.reduce(0, +))
      #expect(entry.histogram.count > 0)
    }
  }

  @Test func jsonOfBccAndBpftrace() throws {
    let bcc = try read(
      """
      {"ts": "2026-01-01 10:00:00", "val_type": "usecs", "data": [\
      {"interval-start": 0, "interval-end": 1, "count": 4}, \
      {"interval-start": 2, "interval-end": 3, "count": 6}], "disk": "vda"}
      """)
    #expect(bcc.map(\.histogram.count) == [10])
    #expect(bcc[0].labels == ["disk": "vda"] && bcc[0].unit == "us")
    let bpftrace = try read(
      """
      {"type": "attached_probes", "data": {"probes": 1}}
      {"type": "hist", "data": {"@wait_ns": [{"max": -1, "count": 1}, \
      {"min": 256, "max": 511, "count": 5}, {"min": 512, "max": 1023, "count": 2}]}}
      {"type": "hist", "data": {"@usecs": {"sh": [{"min": 1, "max": 1, "count": 9}]}}}
      """)
    #expect(bpftrace.map(\.metric) == ["bpf.wait_ns", "bpf.usecs"])
    #expect(bpftrace.map(\.unit) == ["ns", "us"])
    #expect(bpftrace.map(\.histogram.count) == [8, 9])
    #expect(bpftrace[1].labels == ["key": "sh"])
  }

  @Test func rtlaTables() throws {
    let entries = try read(
      """
      # RTLA timerlat histogram
      # Time unit is microseconds (us)
      # Duration:   0 00:00:10
      Index   IRQ-000   Thr-000   IRQ-001   Thr-001
      0          9000         0      8000         0
      1           990      9000      1990      9980
      2             5       990         5        15
      17            5        10         5         5
      over:         0         2         0         0
      count:    10000     10002     10000     10000
      min:          0         1         0         1
      avg:          0         1         0         1
      max:         17       300        17        17
      """)
    #expect(entries.map(\.metric).allSatisfy { $0 == "rtla.timerlat" })
    #expect(entries.map { $0.labels["kind"] } == ["IRQ", "Thr", "IRQ", "Thr"])
    #expect(entries.map { $0.labels["cpu"] } == ["000", "000", "001", "001"])
    #expect(entries.map(\.histogram.count) == [10000, 10002, 10000, 10000])
    #expect(entries.map(\.histogram.max) == [17, 300, 17, 17])
  }

  @Test(arguments: [
    ("", "is none of"), ("hello", "is none of"),
    ("#[Histogram log format version 1.3]\n1,2,3,!!", "line 2"),
    ("#[Histogram log format version 1.3]\n0.1,1.0,2.0,HISTFAAAAEV42pNpmQ==", "line 2"),
    ("#[Histogram log format version 1.3]\n", "without one event"),
    ("# RTLA osnoise histogram\nIndex CPU-000\n0 1 2\n", "row 0 has 2 of 1"),
    ("# RTLA osnoise histogram\nIndex CPU-000\n0 1\n1 abc\n", "row 1 has 'abc'"),
    ("# RTLA osnoise histogram\nIndex CPU-000\n0 1\n1x 5\n", "row '1x'"),
    ("# RTLA osnoise histogram\nIndex CPU-000\n0 1\nover: abc\n", "'over:' has 'abc'"),
    ("# RTLA osnoise histogram\nIndex CPU-000\n0 1\nover: 1\nmax: abc\n", "'max:' has 'abc'"),
    ("# RTLA osnoise histogram\nIndex C-000 C-001\n0 1 1\nover: 1\n", "'over:' has 1 of 2"),
    ("usecs : count distribution\n0 -> 1 : abc |*|\n4 -> 7 : 2 |*|\n", "0 -> 1 : abc"),
    ("usecs : count distribution\n0 -> 1 : 99999999999999999999 |*|\n", "cannot be read"),
    (#"{"data": [{"interval-start": 0, "interval-end": 1, "count": -1}]}"#, "has no count"),
    (#"{"data": [{"interval-start": "x", "interval-end": 1, "count": 1}]}"#, "is no number: x"),
    (
      #"{"data": [{"interval-start": 0, "interval-end": 1, "count": 1}]}"# + "\n" + #"{"data": [{"#,
      "cut off or damaged"
    ),
  ])
  func whatCannotBeReadIsSaid(text: String, words: String) {
    do {
      _ = try ForeignHistograms(Array(text.utf8))
      Issue.record("it was read")
    } catch {
      #expect(error.problem.contains(words), "\(error)")
    }
  }

  /// The same numbers from a file that was written on another system.
  @Test(arguments: [
    "usecs : count distribution\n0 -> 1 : 3 |*|\n2 -> 3 : 4 |*|\n",
    "usecs : count distribution\n0 : 3 |*|\n2 : 4 |*|\n",
    "# RTLA osnoise histogram\nIndex CPU-000\n0 3\n2 4\nover: 0\n",
    #"{"data": [{"interval-start": 0, "interval-end": 1, "count": 3}]}"# + "\n"
      + #"{"data": [{"interval-start": 2, "interval-end": 3, "count": 4}]}"# + "\n",
  ])
  func endsOfLinesAreOfAnySystem(text: String) throws {
    for ends in ["\n", "\r\n"] {
      let entries = try read(text.replacing("\n", with: ends))
      #expect(entries.map(\.histogram.count) == [7], "\(ends.debugDescription)")
      #expect(entries.map { $0.histogram.tail(above: 2) } == [4])
    }
  }

  /// HdrHistogram's logs, too: what is wrong with a line is its data, not its end.
  @Test func aLogsLinesMayEndAsOnAnotherSystem() {
    let error = #expect(throws: ExchangeError.self) {
      try read("#[Histogram log format version 1.3]\r\n\r\n0.1,1.0,2.0,HISTFAAAAEV42pNpmQ==\r\n")
    }
    #expect(error?.problem.contains("line 3") == true, "\(String(describing: error))")
  }

  /// A table over all CPUs follows the one of each, with columns of its own.
  @Test func sumsOverAllAreNoColumns() throws {
    let entries = try read(
      """
      # RTLA timerlat histogram
      Index   Thr-000   Thr-001
      0            5         6
      over:        0         2
      max:         0       300
      ALL:       Thr
      over:        2
      max:       999
      """)
    #expect(entries.map(\.histogram.count) == [5, 8])
    #expect(entries.map(\.histogram.max) == [0, 300])
  }

  @Test func spreadingLosesNothing() {
    for (count, low, high) in [
      (UInt64(1), UInt64(0), UInt64(0)), (1, 0, 1), (7, 2, 3), (1000, 512, 1023), (3, 5, 1 << 40),
      (12345, 98_304, 131_071),
    ] {
      var histogram = LatencyHistogram()
      histogram.spread(count, over: low...high)
      #expect(histogram.count == count)
      #expect(histogram.tail(above: Double(low)) == Double(count))
    }
  }
}
