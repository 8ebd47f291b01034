import Foundation
import Synchronization

/// What reads the inputs of this process, chosen by `FUZZ_TARGET`.
private let target = Mutex<(@Sendable ([UInt8]) -> Void)?>(nil)

/// Called once by libFuzzer.
@_cdecl("LLVMFuzzerInitialize")
public func fuzzInitialize(_: UnsafeMutableRawPointer?, _: UnsafeMutableRawPointer?) -> CInt {
  let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
  let found: (@Sendable ([UInt8]) -> Void)? =
    switch name {
    case "traces": fuzzTrace
    case "kernels": KernelFuzz().run
    case "catalogues": fuzzCatalogue
    case "records": fuzzRecord
    case "reports": fuzzReport
    default: nil
    }
  guard let found else { fatalError("FUZZ_TARGET is '\(name)'") }
  target.withLock { $0 = found }
  return 0
}

/// Called by libFuzzer with every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  target.withLock { $0 }?(input)
  return 0
}

/// What a fuzzed reader must never do.
func check(_ condition: Bool, _ rule: String) {
  if !condition { fatalError("broken: \(rule)") }
}
