import POSIXSupport

/// The first packet of the adb protocol and its answer: proof that adbd itself is there, as
/// QEMU's network takes connections before any process listens inside.
enum ADBHandshake {
  /// `CNXN` with protocol version 0x01000001 and room for 4096 bytes.
  static let greeting: [UInt8] = {
    let payload = Array("host::".utf8)
    let command: UInt32 = 0x4e58_4e43
    let sum = payload.reduce(UInt32(0)) { $0 + UInt32($1) }
    let header: [UInt32] = [
      command, 0x0100_0001, 4096, UInt32(payload.count), sum, command ^ .max,
    ]
    return header.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } } + payload
  }()

  /// Length of a packet's header in bytes.
  static let headerLength = 24

  /// True for a header with which adbd answers a greeting: `CNXN`, `AUTH` or `STLS`.
  static func isAnswer(_ header: [UInt8]) -> Bool {
    guard header.count >= headerLength else { return false }
    func word(_ index: Int) -> UInt32 {
      header[(index * 4)..<(index * 4 + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    let answers: [UInt32] = [0x4e58_4e43, 0x4854_5541, 0x534c_5453]
    return answers.contains(word(0)) && word(5) == word(0) ^ .max
  }

  /// Greets the port once.
  /// - Returns: false when nothing answers as adbd would within `limit`.
  /// - Throws: `CancellationError`.
  static func succeeds(port: UInt16, limit: Duration) async throws -> Bool {
    let deadline = Deadline.now + limit
    do {
      let connection = try await SocketAddress.tcp(host: "127.0.0.1", port: port)
        .connect(deadline: deadline)
      defer { connection.close() }
      try await connection.write(greeting, deadline: deadline)
      var answer: [UInt8] = []
      while answer.count < headerLength {
        let bytes = try await connection.read(deadline: deadline)
        if bytes.isEmpty { return false }
        answer += bytes
      }
      return isAnswer(answer)
    } catch let error as CancellationError {
      throw error
    } catch {
      return false
    }
  }
}
