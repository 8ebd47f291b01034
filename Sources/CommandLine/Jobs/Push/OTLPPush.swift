import Foundation
import POSIXSupport

/// Hands documents of OTLP to a receiver, as the protocol's HTTP transport (OTLP 1.x) has it: again
/// after 429, 502, 503 and 504, and a part that the receiver refused is an error.
package struct OTLPPush: Sendable {
  /// Where receivers listen by default.
  package static let port: UInt16 = 4318
  package static let path = "/v1/metrics"

  package let address: HTTPPost.Address
  package let headers: [(name: String, value: String)]
  /// Hears of waits.
  package let note: @Sendable (String) -> Void

  private static let attempts = 4
  /// A receiver that asks for more has more to repair.
  private static let longestWait = 30

  package init(
    address: HTTPPost.Address, headers: [(name: String, value: String)],
    note: @escaping @Sendable (String) -> Void
  ) {
    self.address = address
    self.headers = headers
    self.note = note
  }

  /// Sends one request in OTLP's JSON.
  /// - Throws: ``PushError`` where it cannot be reached or refuses, wholly or in part;
  ///   `CancellationError`.
  package func send(_ json: [UInt8]) async throws {
    let post = HTTPPost(to: address, type: "application/json", headers: headers, body: json)
    let place = "\(address.host):\(address.port)"
    for attempt in 1... {
      let answer: HTTPPost.Answer
      do {
        answer = try await post.send()
      } catch let error where !(error is CancellationError || error is PushError) {
        throw PushError(place: place, problem: "cannot be reached: \(error)")
      }
      if 200..<300 ~= answer.status { return try Self.accept(answer.body, from: place) }
      guard [429, 502, 503, 504].contains(answer.status), attempt < Self.attempts else {
        let words = String(decoding: answer.body.prefix(300), as: UTF8.self)
          .trimmingCharacters(in: .whitespacesAndNewlines)
        throw PushError(
          place: place,
          problem: "refused it with status \(answer.status)" + (words.isEmpty ? "" : ": \(words)"))
      }
      let wait = min(Self.longestWait, answer.retryAfter ?? 1 << (attempt - 1))
      note("\(place) is busy (status \(answer.status)): trying again in \(wait) s")
      try await Task.sleep(for: .seconds(wait))
    }
  }

  /// - Throws: ``PushError`` where the receiver says that it left something out.
  private static func accept(_ body: [UInt8], from place: String) throws(PushError) {
    struct Reply: Decodable {
      struct Partial: Decodable {
        // A 64-bit number, which proto's JSON writes as text.
        var rejectedDataPoints: String?
        var errorMessage: String?

        enum CodingKeys: CodingKey { case rejectedDataPoints, errorMessage }

        init(from decoder: any Decoder) throws {
          let values = try decoder.container(keyedBy: CodingKeys.self)
          errorMessage = try values.decodeIfPresent(String.self, forKey: .errorMessage)
          rejectedDataPoints =
            (try? values.decodeIfPresent(String.self, forKey: .rejectedDataPoints))
            ?? (try? values.decodeIfPresent(Int.self, forKey: .rejectedDataPoints)).map { "\($0)" }
        }
      }

      var partialSuccess: Partial?
    }

    let reply = try? JSONDecoder().decode(Reply.self, from: Data(body))
    guard let partial = reply?.partialSuccess, let count = partial.rejectedDataPoints, count != "0"
    else { return }
    throw PushError(
      place: place,
      problem: "left out \(count) data points"
        + (partial.errorMessage.map { ": \($0)" } ?? ""))
  }
}
