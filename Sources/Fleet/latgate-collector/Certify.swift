#if Collector
  import ArgumentParser
  import FleetCollector

  struct Certify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a device's certificate for a trial.")

    @OptionGroup var options: StoreOptions
    @Argument(help: "Name of the device.")
    var device: String

    func run() throws {
      let folder = try options.store().trialPath
      try TrialAuthority(folder: folder).issue(device: device)
      print("\(folder)/\(device).pem")
    }
  }
#endif
