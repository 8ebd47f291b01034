extension VirtualFirmware {
  /// Takes the default value for every key that is missing.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let standard = VirtualFirmware()
    self.init(
      kernel: try values.decodeIfPresent(VirtualKernel.self, forKey: .kernel) ?? standard.kernel,
      commandLine: try values.decodeIfPresent(String.self, forKey: .commandLine)
        ?? standard.commandLine,
      cpus: try values.decodeIfPresent(Int.self, forKey: .cpus) ?? standard.cpus,
      memoryMiB: try values.decodeIfPresent(Int.self, forKey: .memoryMiB) ?? standard.memoryMiB,
      data: try values.decodeIfPresent(DiskLimits.self, forKey: .data) ?? standard.data,
      f2fs: try values.decodeIfPresent(DiskLimits.self, forKey: .f2fs) ?? standard.f2fs,
      scheduler: try values.decodeIfPresent(DiskScheduler.self, forKey: .scheduler),
      privilege: try values.decodeIfPresent(VirtualPrivilege.self, forKey: .privilege)
        ?? standard.privilege,
      timing: try values.decodeIfPresent(VirtualTiming.self, forKey: .timing) ?? standard.timing)
    addition = try values.decodeIfPresent(String.self, forKey: .addition)
  }
}
