import Devices
import Foundation
import KernelTypes
import RunRecords
import Symbols

/// Finds names for the addresses of a run's stacks while its boot lasts: the kernel's by the
/// symbols of that boot, those of processes by the tables of their files.
///
/// Nothing here fails a run: what has no name keeps its address, and a note says why.
struct StackNaming: Sendable {
  let device: any Device
  /// `arm64`, `armv7` or `x86_64`.
  let abi: String
  /// Directories of this machine with unstripped files.
  let directories: [String]

  /// A library or program; larger ones belong into a directory of this machine.
  private static let mostBytes = 256 << 20
  private static let kernelTimeout = Duration.seconds(120)

  /// - Returns: nil without stacks.
  /// - Throws: `CancellationError` only.
  func names(_ iterations: [IterationRecord]) async throws -> SymbolsRecord? {
    let addresses = StackAddresses(iterations)
    guard !addresses.isEmpty else { return nil }
    var record = SymbolsRecord()
    try await nameKernel(addresses.kernel, &record)
    try await nameFiles(addresses.files, &record)
    if addresses.unknownFrames > 0 {
      record.notes.append(
        "\(addresses.unknownFrames) frames of processes are addresses in memory: the kernel could "
          + "not read the build-id there")
    }
    return record
  }

  private func nameKernel(
    _ addresses: [String: Bool], _ record: inout SymbolsRecord
  ) async throws {
    guard !addresses.isEmpty else { return }
    let bytes: [UInt8]
    do {
      bytes = try await device.exec(
        titled("the kernel's symbols", "cat /proc/kallsyms"), timeout: Self.kernelTimeout
      ).standardOutput
    } catch {
      try Task.checkCancellation()
      record.notes.append("no names of kernel functions: \(error)")
      return
    }
    switch KernelSymbols.read(bytes) {
    case .empty:
      record.notes.append(
        "no names of kernel functions: /proc/kallsyms has none (CONFIG_KALLSYMS)")
    case .hidden:
      record.notes.append(
        "no names of kernel functions: the device hides their addresses; set "
          + "kernel.kptr_restrict to 1 and use a root shell")
    case .table(let table):
      for (text, isReturn) in addresses {
        guard let address = UInt64(text, radix: 16) else { continue }
        let exact = abi == "armv7" ? address & ~1 : address
        guard var place = table.place(of: isReturn && exact > 0 ? exact - 1 : exact) else {
          continue
        }
        if isReturn { place.offset += 1 }
        record.kernel[text] = place.text
      }
    }
  }

  private func nameFiles(
    _ wanted: [String: [String: Bool]], _ record: inout SymbolsRecord
  ) async throws {
    guard !wanted.isEmpty else { return }
    let local = try SymbolDirectory(directories).files(of: Set(wanted.keys))
    var mapped: [String: DeviceFiles.Found] = [:]
    do {
      mapped = try await DeviceFiles(device: device).find(Set(wanted.keys))
    } catch {
      try Task.checkCancellation()
      record.notes.append("no files of processes: \(error)")
    }
    var gone = 0
    for (id, addresses) in wanted.sorted(by: { $0.key < $1.key }) {
      var file = SymbolsRecord.File(buildID: id, path: mapped[id]?.path)
      var symbols: FileSymbols?
      if let path = local[id] {
        symbols = read(path, head: mapped[id]?.head)
      } else if let found = mapped[id] {
        symbols = try await pulled(found, &record)
      } else {
        gone += 1
      }
      for (text, isReturn) in addresses {
        guard let offset = UInt64(text, radix: 16),
          let place = symbols?.place(ofOffset: offset, isReturn: isReturn)
        else { continue }
        file.symbols[text] = place.text
      }
      record.files.append(file)
    }
    if gone > 0 {
      record.notes.append(
        "\(gone) of \(wanted.count) files in stacks are mapped by no process that is left: name a "
          + "directory with them by --symbols")
    }
  }

  private func read(_ path: String, head: ELFHead?) -> FileSymbols? {
    // Not mapped: a file that is cut off while it is read must not end this process.
    guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: path))
    else { return nil }
    return try? FileSymbols(bytes, head: head)
  }

  /// Copies a file of the device here, for as long as it is read.
  private func pulled(
    _ found: DeviceFiles.Found, _ record: inout SymbolsRecord
  ) async throws -> FileSymbols? {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("latgate-symbols-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    do {
      let size = try await device.exec(
        titled("the size of \(found.path)", "wc -c < \(shellQuote(found.path))"),
        timeout: .seconds(30))
      guard let bytes = Int(size.text.trimmingCharacters(in: .whitespacesAndNewlines)),
        bytes <= Self.mostBytes
      else {
        record.notes.append("\(found.path) is not copied for its symbols: it is too large")
        return nil
      }
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
      try await device.pull(found.path, to: "\(directory)/file")
      return read("\(directory)/file", head: found.head)
    } catch {
      try Task.checkCancellation()
      record.notes.append("\(found.path) has no names: \(error)")
      return nil
    }
  }
}
