import Foundation
import POSIXSupport

/// The program that reads machine code of any architecture: that of a Swift toolchain, else LLVM's
/// own.
package enum Disassembler {
  private static let name = "llvm-objdump"

  /// - Returns: its path; nil where there is none.
  package static func path(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    let own = try? Toolchain.find(environment: environment)
      .companion(name, environment: environment)
    return own ?? ProgramSearch.path(of: name, environment: environment)
  }
}
