extension DeviceDefinition.HostCommands {
  /// Reads `commands:`, whose entries are commands, or mappings with a time limit of their own.
  static func read(_ field: FieldReader) -> DeviceDefinition.HostCommands? {
    let names = DeviceDefinition.HostCommandName.allCases
    guard let map = field.mapping(known: names.map(\.rawValue) + ["timeout"]) else { return nil }
    let common = map.optional("timeout").flatMap(limit)
    var commands: [DeviceDefinition.HostCommandName: DeviceDefinition.HostCommand] = [:]
    var readyTimeout = common ?? DeviceDefinition.HostCommandName.ready.timeout
    for name in names {
      guard let value = map.optional(name.rawValue) else { continue }
      let isReady = name == .ready
      let parts = value.node.mapping == nil ? nil : value.mapping(known: ["run", "timeout"])
      let own = parts?.optional("timeout").flatMap(limit)
      let command: FieldReader?
      if let parts {
        // A device that needs no question may still need more time.
        command =
          isReady && own != nil
          ? parts.optional("run") : parts.required("run", remedy: "give the command to run")
      } else {
        command = value
      }
      let timeout = own ?? common ?? name.timeout
      if isReady { readyTimeout = timeout }
      guard let command, let text = command.text() else { continue }
      for placeholder in text.matches(of: /\{([a-z_]+)\}/).map({ String($0.1) })
      where !["firmware", "serial"].contains(placeholder) {
        command.report(
          "unknown placeholder '{\(placeholder)}'", remedy: "use {firmware} or {serial}")
      }
      commands[name] = DeviceDefinition.HostCommand(command: text, timeout: timeout)
    }
    return DeviceDefinition.HostCommands(commands, readyTimeout: readyTimeout)
  }

  private static func limit(_ field: FieldReader) -> Duration? {
    guard let limit = field.duration() else { return nil }
    if limit < .seconds(1) {
      field.report("a command needs time", remedy: "give at least 1s")
      return nil
    }
    return limit
  }
}
