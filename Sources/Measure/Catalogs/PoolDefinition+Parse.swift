extension PoolDefinition {
  /// Reads a pool's file.
  /// - Throws: ``CatalogError`` with every problem found.
  static func parse(
    _ text: String, file: String, others: OtherFiles?
  ) throws(CatalogError) -> PoolDefinition {
    try parseDocument(text, file: file, nameKey: "pool", others: others) { document in
      guard let root = document.mapping(known: ["pool", "description", "devices", "jobs"]) else {
        return nil
      }
      let list = root.required("devices", remedy: "list the devices, such as '- board-a'")
      let read = (list?.list() ?? []).compactMap { item in
        member(item, others).map { (field: item, name: $0.name, device: $0.device) }
      }
      if let list, list.node.sequence?.isEmpty == true {
        list.report("the pool is empty", remedy: "list the devices, such as '- board-a'")
      }
      for (index, item) in read.enumerated() {
        guard let name = item.name, read[..<index].contains(where: { $0.name == name }) else {
          continue
        }
        item.field.report("'\(name)' is the name of two devices", remedy: "rename one of them")
      }
      return PoolDefinition(
        name: root.required("pool", remedy: "name the pool, such as 'pool: rack1'")?.name() ?? "",
        description: root.optional("description")?.text() ?? "",
        members: named(read.map { (name: $0.name, device: $0.device) }),
        jobs: root.optional("jobs")?.integer(in: 1...64), file: file)
    }
  }

  /// What `--device` takes, of which an address must be able to mean a device.
  private static func plain(_ text: String, _ item: FieldReader) -> String {
    let isAddress = ["tcp:", "usb:", "ssh:"].contains(where: text.hasPrefix)
    let address = isAddress ? text[...] : text.split(separator: "@", maxSplits: 1).last ?? text[...]
    _ = item.reachable(String(address))
    return text
  }

  /// A device: what `--device` takes, or a mapping of a device file and an address.
  private static func member(
    _ item: FieldReader, _ others: OtherFiles?
  ) -> (name: String?, device: String)? {
    guard item.node.mapping != nil else { return item.text().map { (nil, plain($0, item)) } }
    guard let map = item.mapping(known: ["name", "device", "serial"]),
      let field = map.required("device", remedy: "name the device file"),
      let device = field.name()
    else { return nil }
    let name = map.optional("name")?.name()
    let serial = map.optional("serial").flatMap { field in
      field.text().flatMap(field.reachable)
    }
    if let others, !others.broken.contains(.devices) {
      let known = others.catalog.devices
      if known[device] == nil {
        field.report(
          "there is no device '\(device)'",
          remedy: Catalogs.remedy(forUnknown: device, known: Array(known.keys)))
      } else if serial != nil, let kind = known[device]?.kind, kind == .virtual || kind == .local {
        map.optional("serial")?.report("only a device behind adb has a serial", remedy: "remove it")
      }
    }
    return (name, serial.map { "\(device)@\($0)" } ?? device)
  }
}
