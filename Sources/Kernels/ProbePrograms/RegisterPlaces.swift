/// Where `struct pt_regs` of a kernel has a function's arguments and its result, in bytes from its
/// begin (arch/*/include/asm/ptrace.h).
package struct RegisterPlaces: Sendable, Equatable {
  /// Bytes of a register.
  package var size: Int
  /// The first arguments.
  package var arguments: [Int]
  package var result: Int

  package static let x86 = RegisterPlaces(size: 8, arguments: [112, 104, 96, 88, 72], result: 80)
  package static let arm64 = RegisterPlaces(size: 8, arguments: [0, 8, 16, 24, 32], result: 0)
  /// Further arguments are on the stack.
  package static let arm = RegisterPlaces(size: 4, arguments: [0, 4, 8, 12], result: 0)
}
