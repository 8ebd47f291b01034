/// What `targets/pools/<name>.yaml` says: devices that are measured side by side.
package struct PoolDefinition: Sendable, Equatable {
  /// One of the devices.
  package struct Member: Sendable, Equatable {
    /// Of its results and its progress lines; unique in the pool.
    package var name: String
    /// As `--device` takes it.
    package var device: String

    package init(name: String, device: String) {
      self.name = name
      self.device = device
    }
  }

  package var name: String
  package var description: String
  /// At least one.
  package var members: [Member]
  /// Virtual devices that are measured at one time; nil = as many as the machine has capacity for.
  package var jobs: Int?
  /// Path of the file it was read from; empty for a pool of the command line.
  package var file: String

  /// A pool of the devices that a command line names.
  package init(devices: [String]) {
    self.init(
      name: "", description: "",
      members: Self.named(devices.map { (name: nil, device: $0) }), jobs: nil, file: "")
  }

  init(name: String, description: String, members: [Member], jobs: Int?, file: String) {
    self.name = name
    self.description = description
    self.members = members
    self.jobs = jobs
    self.file = file
  }

  /// Gives every device a name that can be a directory's; the second of one name gets a number.
  static func named(_ devices: [(name: String?, device: String)]) -> [Member] {
    var taken = Set(devices.compactMap(\.name))
    return devices.map { given, device in
      if let given { return Member(name: given, device: device) }
      let plain = device.map { character -> Character in
        let isPlain =
          character.isASCII
          && (character.isLetter || character.isNumber || "_.".contains(character))
        return isPlain ? character : "-"
      }
      let base = String(String(plain).drop { "-.".contains($0) }.prefix(48))
      var name = base.isEmpty ? "device" : base
      var number = 2
      while !taken.insert(name).inserted {
        name = "\(base)-\(number)"
        number += 1
      }
      return Member(name: name, device: device)
    }
  }
}
