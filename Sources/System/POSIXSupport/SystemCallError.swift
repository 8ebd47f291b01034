import Foundation
import Glibc

/// A system call that failed: the only form in which `errno` leaves this module.
package struct SystemCallError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Name of the call, such as `open`.
  package var call: String
  /// The `errno` it left.
  package var code: Int32
  /// What it was applied to: a path, an address, a process. Empty when there is none.
  package var subject: String

  package init(call: String, code: Int32, subject: String) {
    self.call = call
    self.code = code
    self.subject = subject
  }

  /// The C library's words for ``code``.
  package var reason: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  package var description: String {
    subject.isEmpty ? "\(call): \(reason)" : "\(subject): \(call): \(reason)"
  }
}

/// Runs a call that answers -1 on failure; repeats it when a signal interrupted it.
/// - Returns: the call's result, never negative.
/// - Throws: ``SystemCallError``.
@discardableResult
package func systemCall<Result: FixedWidthInteger & SignedInteger>(
  _ name: String, on subject: @autoclosure () -> String = "", _ body: () -> Result
) throws(SystemCallError) -> Result {
  while true {
    let result = body()
    if result >= 0 { return result }
    let code = errno
    if code != EINTR { throw SystemCallError(call: name, code: code, subject: subject()) }
  }
}

/// As ``systemCall(_:on:_:)`` for a descriptor that does not block.
/// - Returns: nil when the call would have had to wait.
package func systemCallUnlessBlocking<Result: FixedWidthInteger & SignedInteger>(
  _ name: String, on subject: @autoclosure () -> String, _ body: () -> Result
) throws(SystemCallError) -> Result? {
  do {
    return try systemCall(name, on: subject(), body)
  } catch {
    if error.code == EAGAIN || error.code == EWOULDBLOCK { return nil }
    throw error
  }
}

/// Runs a call of the pthread and posix_spawn families, which return their error number.
/// - Throws: ``SystemCallError``.
package func numberedCall(
  _ name: String, on subject: @autoclosure () -> String = "", _ body: () -> Int32
) throws(SystemCallError) {
  let code = body()
  if code != 0 { throw SystemCallError(call: name, code: code, subject: subject()) }
}
