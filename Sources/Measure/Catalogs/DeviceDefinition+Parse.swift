extension DeviceDefinition {
  private enum KindName: String, CaseIterable {
    case virtual, adb, local, ssh
  }

  /// A cable that is pushed back in, or a daemon that restarts, needs seconds.
  private static let defaultReconnect = Duration.seconds(60)

  /// Reads a device file.
  ///
  /// - Parameters:
  ///   - text: the YAML.
  ///   - file: its path, for messages.
  /// - Returns: the device, without any problem of its own.
  /// - Throws: ``CatalogError`` with every problem found.
  package static func parse(
    _ text: String, file: String
  ) throws(CatalogError) -> DeviceDefinition {
    try parse(text, file: file, others: nil)
  }

  /// As ``parse(_:file:)``, with checks against the files read before.
  static func parse(
    _ text: String, file: String, others: OtherFiles?
  ) throws(CatalogError) -> DeviceDefinition {
    try parseDocument(text, file: file, nameKey: "device", others: others) { document in
      let keys = [
        "device", "description", "kind", "serial", "address", "identity", "ssh_config", "privilege",
        "btf", "btf_build_id", "stability", "commands", "hooks", "costs", "firmwares", "reconnect",
        "lease",
        "build_id",
      ]
      guard let root = document.mapping(known: keys) else { return nil }
      let kindName = readKind(root)
      return DeviceDefinition(
        name: root.required("device", remedy: "name the device, such as 'device: virtual'")?.name()
          ?? "",
        description: root.optional("description")?.text() ?? "",
        kind: kind(kindName, root), privilege: root.optional("privilege")?.choice() ?? .auto,
        btf: readBTF(root), stability: Stability.read(root.optional("stability")),
        commands: readCommands(root, kindName), buildID: readBuildID(root, kindName),
        costs: DeviceCosts.read(root.optional("costs")),
        reconnect: root.optional("reconnect")?.duration() ?? defaultReconnect,
        lease: readLease(root, kindName), firmwares: readFirmwares(root, kindName), file: file)
    }
  }

  private static func readKind(_ root: MappingReader) -> KindName? {
    let field = root.required("kind", remedy: "write virtual, adb, ssh or local")
    return field?.choice()
  }

  private static func kind(_ name: KindName?, _ root: MappingReader) -> Kind {
    let serial = root.optional("serial")
    if let name, name != .adb {
      serial?.report("only a device behind adb has a serial", remedy: "remove it")
    }
    let place = ["address", "identity", "ssh_config"].map { root.optional($0) }
    if let name, name != .ssh {
      for field in place {
        field?.report("only a board behind ssh has this", remedy: "remove it, or write kind: ssh")
      }
    }
    switch name {
    case .adb: return .adb(serial: serial?.adbAddress())
    case .ssh:
      let address = root.required("address", remedy: "write 'address: root@board'")?
        .parsed("an address, [user@]host[:port]") { AddressText.isBoard($0[...]) ? $0 : nil }
      return .ssh(
        SSHPlace(
          address: address ?? "", identity: place[1]?.text(), configuration: place[2]?.text()))
    case .virtual: return .virtual
    case .local, nil: return .local
    }
  }

  private static func readBTF(_ root: MappingReader) -> BTFSource {
    let field = root.optional("btf")
    let buildID = root.optional("btf_build_id")
    guard let field, field.node.scalar?.string != "device" else {
      buildID?.report(
        "only a BTF file has a build-id of its own", remedy: "remove it, or add 'btf: {file: PATH}'"
      )
      return .device
    }
    guard field.node.mapping != nil else {
      field.report(
        "expected 'device' or a file", remedy: "write 'btf: device' or 'btf: {file: PATH}'")
      return .device
    }
    let path = field.mapping(known: ["file"])?
      .required("file", remedy: "give the path of a BTF file on this machine")?.text()
    let id = buildID?.parsed("the 16 to 128 hex digits of a kernel build-id") { text in
      let digits = text.lowercased()
      return digits.wholeMatch(of: /([0-9a-f]{2}){8,64}/) == nil ? nil : digits
    }
    return path.map { BTFSource.file(path: $0, buildID: id) } ?? .device
  }

  private static func readLease(_ root: MappingReader, _ kind: KindName?) -> String? {
    guard let field = root.optional("lease") else { return nil }
    if kind == .virtual || kind == .local {
      field.report("only a device of its own can be shared by jobs", remedy: "remove it")
    }
    return field.name()
  }

  private static func readBuildID(_ root: MappingReader, _ kind: KindName?) -> String? {
    guard let field = root.optional("build_id") else { return nil }
    if kind == .virtual {
      field.report("the firmware of a virtual device is known", remedy: "remove it")
    }
    return field.text()
  }

  private static func readCommands(_ root: MappingReader, _ kind: KindName?) -> HostCommands? {
    // Files of earlier releases say `hooks`.
    let former = root.optional("hooks")
    guard let field = root.optional("commands") ?? former else { return nil }
    if root.optional("commands") != nil {
      former?.report("the commands are given already", remedy: "move them there")
    }
    if kind == .virtual {
      field.report(
        "a virtual device changes its firmware by itself", remedy: "remove the commands")
    }
    let commands = HostCommands.read(field)
    if kind == .local, commands?[.flash] != nil || commands?[.switchTo] != nil {
      field.report(
        "this machine cannot change its own firmware in the middle of a check",
        remedy: "remove 'flash' and 'switch', or write a device of kind ssh or adb")
    }
    return commands
  }

  private static func readFirmwares(
    _ root: MappingReader, _ kind: KindName?
  ) -> [String: FirmwareDefinition] {
    let remedy = "list at least one, such as 'reference: {kernel: \"6.1\"}'"
    let field =
      kind == .virtual
      ? root.required("firmwares", remedy: remedy) : root.optional("firmwares")
    let entries = field?.anyMapping()?.entries ?? []
    for (name, value) in entries {
      if !isName(name) {
        value.report(
          "'\(name)' is not a name", remedy: "use letters, digits, '-', '_' and '.'")
      }
    }
    if let field, field.node.mapping?.isEmpty == true {
      field.report("the mapping is empty", remedy: remedy)
    }
    if kind == .virtual {
      return VirtualFirmwareDefinition.readAll(entries).mapValues(FirmwareDefinition.virtual)
    }
    return Dictionary(
      entries.compactMap { name, value in readImage(value).map { (name, $0) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// Text, or `{image: TEXT, expect: TEXT}`.
  private static func readImage(_ value: FieldReader) -> FirmwareDefinition? {
    guard value.node.mapping != nil else {
      return value.text().map { .image($0) }
    }
    let map = value.mapping(known: ["image", "expect"])
    let image = map?.required("image", remedy: "say what {firmware} becomes in commands")?.text()
    let expect = map?.optional("expect")?.text()
    return image.map { .image($0, expect: expect) }
  }
}

extension DeviceDefinition.Stability {
  fileprivate static func read(_ value: FieldReader?) -> Self {
    let keys = [
      "temperature_max", "temperature_band", "battery_min", "charging", "memory_pressure_max",
      "memory_available_min", "hotplug", "throttling", "frequency_limit_min", "speed_change_max",
    ]
    let map = value?.mapping(known: keys)
    /// Whether what the key names is allowed.
    func allows(_ key: String) -> Bool? {
      map?.optional(key)?.parsed("a policy for \(key), drop or allow") {
        $0 == "allow" ? true : $0 == "drop" ? false : nil
      }
    }
    return Self(
      temperatureMax: map?.optional("temperature_max")?.temperature(),
      temperatureBand: band(map?.optional("temperature_band")),
      batteryMin: map?.optional("battery_min")?.share(),
      allowsCharging: allows("charging") ?? true,
      memoryPressureMax: map?.optional("memory_pressure_max")?.share(),
      memoryAvailableMin: map?.optional("memory_available_min")?.size(),
      allowsHotplug: allows("hotplug") ?? false,
      dropsThrottled: !(allows("throttling") ?? false),
      frequencyLimitMin: map?.optional("frequency_limit_min")?.share(),
      speedChangeMax: map?.optional("speed_change_max")?.percentage())
  }

  private static func band(_ value: FieldReader?) -> DeviceDefinition.TemperatureBand? {
    guard let value, let map = value.mapping(known: ["min", "max"]) else { return nil }
    let band = DeviceDefinition.TemperatureBand(
      coolest: map.optional("min")?.temperature(), hottest: map.optional("max")?.temperature())
    if let coolest = band.coolest, let hottest = band.hottest, coolest.celsius >= hottest.celsius {
      value.report("the band is empty", remedy: "let min be below max")
    }
    return band
  }
}
