import Testing

@testable import FleetLog

@Suite struct ClickHousePlaceTests {
  @Test(arguments: [
    "clickhouse://db:8123/latgate", "clickhouse://[::1]:8123/l_1",
    "clickhouse://a:1,b:2,[::1]:3/latgate?cluster=main",
  ])
  func readsWhatItWrites(text: String) throws {
    #expect(try ClickHousePlace(text).description == text)
  }

  @Test func knowsItsParts() throws {
    let place = try ClickHousePlace("clickhouse://a:1,[::1]:2/d?cluster=c")
    #expect(place.servers.map(\.host) == ["a", "::1"])
    #expect(place.servers.map(\.port) == [1, 2])
    #expect(place.database == "d" && place.cluster == "c")
    #expect(try IndexPlace("sqlite:/a/b") == .sqlite(path: "/a/b"))
  }

  @Test(arguments: [
    "", "http://a:1/d", "clickhouse://a/d", "clickhouse://a:1", "clickhouse://a:1/",
    "clickhouse://a:1/d/e",
    "clickhouse://a:1,/d?cluster=c", "clickhouse://a:99999/d", "clickhouse://u@a:1/d",
    "clickhouse://a:1/D; DROP", "clickhouse://a:1/d?cluster=", "clickhouse://a:1/d?quorum=2",
    // Which of them has the tables?
    "clickhouse://a:1,b:2/d", "sqlite:",
  ])
  func refusesAnotherText(text: String) {
    let error = #expect(throws: LogError.self) { try IndexPlace(text) }
    #expect(error?.kind == .unusable)
  }
}
