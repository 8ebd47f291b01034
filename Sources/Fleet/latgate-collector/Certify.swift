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
      let directory = try options.store().trialPath
      try TrialAuthority(directory: directory).issue(device: device)
      print("\(directory)/\(device).pem")
    }
  }
#endif
