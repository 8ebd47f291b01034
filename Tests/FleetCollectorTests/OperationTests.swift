import Synchronization
import Testing

@testable import FleetCollector

@Suite("What an operator reads")
struct OperationTests {
  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
  }

  @Test("Trouble is said as it begins and as it is over, a line a minute at most")
  func trouble() {
    let lines = Lines()
    let trouble = TroubleLines { line in lines.all.withLock { $0.append(line) } }
    let start = ContinuousClock.now
    let steps: [(second: Int, trouble: String?)] = [
      (0, nil), (1, "no space"), (2, "no space"), (30, nil), (62, "no space"), (63, nil),
      (90, "broken"), (130, "broken"),
    ]
    for step in steps { trouble.note(step.trouble, at: start + .seconds(step.second)) }
    let said = lines.all.withLock { $0 }
    #expect(said == ["trouble: no space", "the trouble is over", "trouble: broken"])
  }

  @Test("Connections leave files for the log, whatever the limit of open files is")
  func connections() {
    #expect(ConnectionLimit.fitting(10_000, openFiles: 1024) == 768)
    #expect(ConnectionLimit.fitting(10_000, openFiles: 256) == 128)
    #expect(ConnectionLimit.fitting(10_000, openFiles: 100) == 1)
    #expect(ConnectionLimit.fitting(10_000, openFiles: 1 << 20) == 10_000)
    #expect(ConnectionLimit.fitting(10_000, openFiles: -1) == 10_000)
    #expect(ConnectionLimit.openFiles != 0)
  }
}
