import Foundation
import KernelTypes
import ProbeBuild

/// Gets a kernel's types out of whatever a firmware build leaves behind: BTF, a vmlinux with BTF or
/// with DWARF, a kernel image, each also compressed.
package struct KernelFileReader: Sendable {
  /// Of BTF.
  private static let mostBytes = 256 << 20

  let cache: BuildCache
  /// Bytes that a file may unpack to, over all that is packed in it. A vmlinux with debug
  /// information has up to a gigabyte or two.
  package var unpackedLimit = 4 << 30

  /// - Parameter cache: where types made from DWARF are kept.
  package init(cache: BuildCache) {
    self.cache = cache
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - buildID: the kernel's build-id where the user gives it; it must not contradict the file's.
  /// - Returns: types that were checked throughout.
  /// - Throws: ``KernelBTFError``.
  package func read(_ path: String, buildID: String? = nil) async throws -> KernelFile {
    let given = try buildID.map { text in
      guard let id = BuildIDNote.parse(text) else {
        throw KernelBTFError.badBuildID(text: text, place: path)
      }
      return id
    }
    let (origin, bytes, note) = try await content(path, of: path, depth: 0, limit: unpackedLimit)
    let types: BTFTypes
    do {
      types = try BTFTypes(bytes)
    } catch {
      guard error.reason != BTFTypes.split else {
        throw KernelBTFError.unusable(
          path: path, reason: "BTF of a kernel module: \(error.reason)",
          remedy: "give the kernel's own: its vmlinux, or /sys/kernel/btf/vmlinux")
      }
      throw KernelBTFError.unusable(
        path: path, reason: "damaged BTF: \(error.reason)", remedy: "copy the file again")
    }
    guard types.type(named: "task_struct", .structure) != nil else {
      throw KernelBTFError.unusable(
        path: path, reason: "BTF, but not of a kernel: it has no struct task_struct",
        remedy: "give the kernel's vmlinux or its /sys/kernel/btf/vmlinux")
    }
    let known = try note ?? sidecar(path)
    if let known, let given, known != given {
      throw KernelBTFError.contradiction(path: path, fileID: known, given: given)
    }
    return KernelFile(path: path, origin: origin, types: types, buildID: known ?? given)
  }

  typealias Content = (origin: KernelFile.Origin, bytes: [UInt8], buildID: String?)

  /// The types in `file`, which is the file that the user knows as `path`, or what was unpacked
  /// from it `depth` times over; what it unpacks to has at most `limit` bytes.
  func content(
    _ file: String, of path: String, depth: Int, limit: Int
  ) async throws -> Content {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: file), options: .alwaysMapped)
    } catch {
      var isDirectory: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory)
      throw KernelBTFError.unreadable(
        path: path,
        reason: isDirectory.boolValue
          ? "is a directory" : exists ? "cannot be read" : "no such file")
    }
    switch FileFormat(data) {
    case .btf: return (.btf, try bounded(data, of: path), nil)
    case .elf: return try await elf(data, file: file, of: path)
    case .compressed(let compression):
      guard depth < 3 else {
        throw KernelBTFError.unusable(
          path: path, reason: "compressed more than three times over", remedy: "unpack it")
      }
      return try await cache.withWorkDirectory { work in
        let unpacked = "\(work)/unpacked"
        let outcome = try await compression.unpack(file, to: unpacked, limit: limit)
        guard !outcome.isOverLimit else { throw overLimit(path) }
        let size = (try? FileManager.default.attributesOfItem(atPath: unpacked))?[.size]
        let left = limit - ((size as? NSNumber)?.intValue ?? 0)
        do {
          let found = try await content(unpacked, of: path, depth: depth + 1, limit: left)
          guard outcome.isSuccess || (try? BTFTypes(found.bytes)) != nil else {
            throw compression.failed(path, outcome)
          }
          return found
        } catch let error as KernelBTFError {
          // What follows the packed data may be a device tree or padding: the program complains,
          // and all is there. Only that distinguishes it from a file that was cut off.
          guard !outcome.isSuccess, case .unusable(_, let reason, let remedy) = error else {
            throw error
          }
          guard reason.hasSuffix("without BTF") else { throw compression.failed(path, outcome) }
          throw KernelBTFError.unusable(
            path: path, reason: "\(reason), as far as \(compression.program.name) unpacked it",
            remedy: "\(remedy); if it was cut off, copy it again")
        }
      }
    case .image(let name):
      return try await image(data, name: name, of: path, limit: limit)
    case .other(let what):
      throw KernelBTFError.unusable(
        path: path, reason: what, remedy: "give BTF, or the vmlinux of the build")
    }
  }

  /// Types as bytes in memory; those of kernels are a few megabytes.
  private func bounded(_ data: Data, of path: String) throws(KernelBTFError) -> [UInt8] {
    guard data.count <= Self.mostBytes else {
      throw .unusable(
        path: path, reason: "\(data.count >> 20) MiB of BTF, which no kernel has",
        remedy: "copy the file again")
    }
    return [UInt8](data)
  }

  private func elf(_ data: Data, file: String, of path: String) async throws -> Content {
    let elf: ELFReader
    do {
      elf = try ELFReader(data)
    } catch {
      throw KernelBTFError.unusable(
        path: path, reason: "damaged ELF: \(error.reason)", remedy: "copy the file again")
    }
    if elf.type == ELFReader.relocatable {
      let what = elf.machine == ELFReader.machineBPF ? "a BPF object" : "a kernel module"
      throw KernelBTFError.unusable(
        path: path, reason: "\(what), not a kernel", remedy: "give the vmlinux of the build")
    }
    let buildID = BuildIDNote.find(in: elf)
    if let section = elf.section(".BTF"), !section.range.isEmpty {
      return (.vmlinux, try bounded(data[section.range], of: path), buildID)
    }
    guard elf.section(".debug_info") != nil else {
      throw KernelBTFError.unusable(
        path: path, reason: "an ELF file with neither BTF nor DWARF",
        remedy: "give the unstripped vmlinux, or build with CONFIG_DEBUG_INFO_BTF=y")
    }
    return (.dwarf, try await DwarfConversion(cache: cache).btf(file, of: path, buildID), buildID)
  }

  private func overLimit(_ path: String) -> KernelBTFError {
    .unusable(
      path: path, reason: "it unpacks to more than \(unpackedLimit >> 20) MiB, which no kernel has",
      remedy: "give BTF, or the vmlinux of the build")
  }

  private func image(
    _ data: Data, name: String, of path: String, limit: Int
  ) async throws -> Content {
    if let types = KernelImage.types(in: data) {
      return (.image, types, KernelImage.buildID(in: data))
    }
    do {
      let found = try await cache.withWorkDirectory { work in
        try await KernelImage.unpacking(data, in: work, limit: limit) { file -> Content? in
          let kernel = try Data(contentsOf: URL(fileURLWithPath: file), options: .alwaysMapped)
          let types = KernelImage.types(in: kernel)
          return types.map { (.image, $0, KernelImage.buildID(in: kernel)) }
        }
      }
      if let found { return found }
    } catch is KernelImage.OverLimitError {
      throw overLimit(path)
    }
    throw KernelBTFError.unusable(
      path: path, reason: "\(name) without BTF",
      remedy: "give the vmlinux of the build, or build with CONFIG_DEBUG_INFO_BTF=y")
  }

  /// The build-id that a file beside bare BTF gives: `<path>.build-id`.
  private func sidecar(_ path: String) throws -> String? {
    let file = path + ".build-id"
    guard let data = FileManager.default.contents(atPath: file) else { return nil }
    let text = String(decoding: data.prefix(200), as: UTF8.self)
    guard let id = BuildIDNote.parse(text) else {
      throw KernelBTFError.badBuildID(
        text: text.trimmingCharacters(in: .whitespacesAndNewlines), place: file)
    }
    return id
  }
}
