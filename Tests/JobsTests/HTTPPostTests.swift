import Testing

@testable import Jobs

/// What is sent to a server and read of its answer.
@Suite struct HTTPPostTests {
  private func address(_ text: String) throws -> HTTPPost.Address {
    try HTTPPost.Address(text, port: 4318, path: "/v1/metrics")
  }

  @Test func anAddressMayLeaveOutPortAndPath() throws {
    let plain = try address("http://collector")
    #expect(plain.host == "collector" && plain.port == 4318 && plain.path == "/v1/metrics")
    let whole = try address("http://[::1]:80/otlp/v1/metrics?tenant=a%20b")
    #expect(whole.host == "::1" && whole.port == 80)
    #expect(whole.path == "/otlp/v1/metrics?tenant=a%20b")
    #expect(try address("http://h:9/").path == "/v1/metrics")
  }

  @Test(arguments: [
    "collector:4318", "https://collector", "http://", "http://u@h", "http://h:70000",
  ])
  func anythingElseIsUsage(text: String) {
    let fault = #expect(throws: PushError.self) { try address(text) }
    #expect(fault?.isUsage == true)
    #expect(fault.map { ErrorReport($0).status } == .usage)
  }

  @Test func aRequestHasItsLength() throws {
    let post = HTTPPost(
      to: try address("http://[::1]:80"), type: "application/json", headers: [("X-A", "b")],
      body: Array("{}".utf8))
    #expect(
      String(decoding: post.bytes, as: UTF8.self)
        == "POST /v1/metrics HTTP/1.0\r\nHost: [::1]:80\r\nUser-Agent: latgate\r\n"
        + "Content-Type: application/json\r\nContent-Length: 2\r\nX-A: b\r\n\r\n{}")
  }

  @Test func anAnswerIsRead() throws {
    let busy = try HTTPPost.Answer(
      Array("HTTP/1.1 503 Busy\r\nretry-after: 7\r\n\r\nlater".utf8), from: "h")
    #expect(busy.status == 503 && busy.retryAfter == 7)
    #expect(busy.body == Array("later".utf8))
    let bare = try HTTPPost.Answer(Array("HTTP/1.0 200\r\n\r\n".utf8), from: "h")
    #expect(bare.status == 200 && bare.retryAfter == nil && bare.body.isEmpty)
    for text in ["", "HTTP/1.1 200 OK\r\n", "SSH-2.0-x\r\n\r\n", "HTTP/2 200\r\n\r\n"] {
      let fault = #expect(throws: PushError.self) {
        try HTTPPost.Answer(Array(text.utf8), from: "h")
      }
      #expect(fault?.isUsage == false)
    }
  }
}
