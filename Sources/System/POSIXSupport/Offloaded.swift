import Foundation

/// Runs work that blocks (file locks, name look-ups, large file copies, C libraries) on a
/// thread made for it, so that it does not occupy the cooperative pool.
///
/// The work itself cannot be cancelled: keep it bounded.
/// - Throws: what `work` throws.
package func offloaded<Result: Sendable>(
  _ work: @escaping @Sendable () throws -> Result
) async throws -> Result {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Swift.Result(catching: work)) }
  }
}
