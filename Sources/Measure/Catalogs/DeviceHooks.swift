extension DeviceDefinition {
  /// A command for this machine's shell, and the time it gets.
  package struct Hook: Sendable, Equatable {
    /// `{firmware}` and `{serial}` in it are filled in.
    package var command: String
    package var timeout: Duration

    package init(command: String, timeout: Duration) {
      self.command = command
      self.timeout = timeout
    }
  }

  /// What a hook is for.
  package enum HookName: String, Sendable, CaseIterable {
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

    /// The time a hook gets unless the file says otherwise. That of `ready` is for the device to
    /// come up, also where there is no such hook.
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
  package struct Hooks: Sendable, Equatable {
    private var hooks: [HookName: Hook]
    /// Longest time for the device to come up.
    package var readyTimeout: Duration

    package init(
      _ hooks: [HookName: Hook] = [:], readyTimeout: Duration = HookName.ready.timeout
    ) {
      self.hooks = hooks
      self.readyTimeout = readyTimeout
    }

    package subscript(_ name: HookName) -> Hook? { hooks[name] }
  }

  /// The hook's command with its placeholders filled in, each quoted for a POSIX shell.
  package func command(hook: String, firmware: String, serial: String) -> String {
    func quoted(_ text: String) -> String {
      "'" + text.replacing("'", with: "'\\''") + "'"
    }
    // One pass, so that a placeholder inside a value stays what it is.
    return hook.replacing(/\{(?:serial|firmware)\}/) { match in
      quoted(match.output == "{serial}" ? serial : image(ofFirmware: firmware))
    }
  }
}
