/// Where `struct pt_regs` of a kernel has a function's arguments and its result, in bytes from its
/// begin (arch/*/include/asm/ptrace.h).
package struct RegisterPlaces: Sendable, Equatable {
  /// Bytes of a register.
  package var size: Int
  /// The first arguments.
  package var arguments: [Int]
  package var result: Int
  package var stackPointer: Int
  /// The address of the instruction.
  package var instruction: Int
  /// What Go's runtime keeps the running goroutine in.
  package var goroutine: Int
  /// The first arguments of Go's functions, where they are not those of C's.
  private var goArguments: [Int]?

  package static let x86 = RegisterPlaces(
    size: 8, arguments: [112, 104, 96, 88, 72], result: 80, stackPointer: 152, instruction: 128,
    goroutine: 8, goArguments: [80, 40, 88, 112, 104])
  package static let arm64 = RegisterPlaces(
    size: 8, arguments: [0, 8, 16, 24, 32], result: 0, stackPointer: 248, instruction: 256,
    goroutine: 224)
  /// Further arguments are on the stack; all of Go's are.
  package static let arm = RegisterPlaces(
    size: 4, arguments: [0, 4, 8, 12], result: 0, stackPointer: 52, instruction: 60,
    goroutine: 40, goArguments: [])

  private static let x86Registers = [
    "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi",
    "rdi",
  ]

  /// A register by its name of full width, in bytes from the begin; nil for one that is not there.
  package func place(of register: String) -> Int? {
    if register == "sp" || register == "rsp" { return stackPointer }
    // As struct pt_regs begins with them.
    if stackPointer == Self.x86.stackPointer {
      return Self.x86Registers.firstIndex(of: register).map { 8 * $0 }
    }
    guard register.hasPrefix(size == 8 ? "x" : "r") else { return nil }
    return Int(register.dropFirst()).flatMap { (0...30).contains($0) ? size * $0 : nil }
  }

  /// As Go's functions use them.
  package var ofGo: RegisterPlaces {
    var places = self
    if let goArguments { places.arguments = goArguments }
    return places
  }
}
