extension DeviceDefinition {
  /// A command for this machine's shell that changes the device's firmware or brings the device
  /// back, and the time it gets.
  package struct HostCommand: Sendable, Equatable {
    /// `{firmware}` and `{serial}` in it are filled in.
    package var command: String
    package var timeout: Duration

    package init(command: String, timeout: Duration) {
      self.command = command
      self.timeout = timeout
    }
  }

  /// What a host command is for.
  package enum HostCommandName: String, Sendable, CaseIterable {
    /// Installs a firmware.
    case flash
    /// Selects an installed firmware for the next boot.
    case switchTo = "switch"
    /// Restarts the device; without it the transport's own way is used.
    case reboot
    /// Exits 0 once the device is up; tried until it does.
    case ready
    /// Switches the device's power off and on: the last resort when it does not come back.
    case powerCycle = "power_cycle"

    /// The time a command gets unless the file says otherwise. That of `ready` is for the device to
    /// come up, also where there is no such command.
    package var timeout: Duration {
      switch self {
      case .flash: .seconds(900)
      case .switchTo: .seconds(600)
      case .reboot, .ready: .seconds(300)
      case .powerCycle: .seconds(120)
      }
    }
  }

  /// Commands run on the host to change firmware and to bring the device back.
  package struct HostCommands: Sendable, Equatable {
    private var commands: [HostCommandName: HostCommand]
    /// Longest time for the device to come up.
    package var readyTimeout: Duration

    package init(
      _ commands: [HostCommandName: HostCommand] = [:],
      readyTimeout: Duration = HostCommandName.ready.timeout
    ) {
      self.commands = commands
      self.readyTimeout = readyTimeout
    }

    package subscript(_ name: HostCommandName) -> HostCommand? { commands[name] }
  }

  /// `template` with its placeholders filled in, each quoted for a POSIX shell.
  package func commandLine(_ template: String, firmware: String, serial: String) -> String {
    // By scalars: with a mark that combines after it an apostrophe is another character, and a
    // serial number is the device's own word.
    func quoted(_ text: String) -> String {
      let words = text.unicodeScalars.split(separator: "'", omittingEmptySubsequences: false)
      return "'" + words.map { String($0) }.joined(separator: "'\\''") + "'"
    }
    // One pass, so that a placeholder inside a value stays what it is.
    return template.replacing(/\{(?:serial|firmware)\}/) { match in
      quoted(match.output == "{serial}" ? serial : image(ofFirmware: firmware))
    }
  }
}
