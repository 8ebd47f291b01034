/// The last bytes of a stream.
package struct BoundedTail: Sendable {
  private let limit: Int
  package private(set) var bytes: [UInt8] = []

  package init(limit: Int) {
    self.limit = limit
  }

  package mutating func append(_ more: [UInt8]) {
    bytes += more
    if bytes.count > limit { bytes.removeFirst(bytes.count - limit) }
  }
}
