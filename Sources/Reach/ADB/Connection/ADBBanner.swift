/// How a device introduces itself: `device::ro.product.model=Pixel;features=shell_v2,cmd`.
package struct ADBBanner: Sendable, Equatable {
  /// `device`, `recovery`, `sideload`, `rescue`, `bootloader` or `host`.
  package var state: DeviceState
  /// `ro.product.name`, `ro.product.model`, `ro.product.device`.
  package var properties: [String: String]
  package var features: Set<String>

  package init(state: DeviceState, properties: [String: String], features: Set<String>) {
    self.state = state
    self.properties = properties
    self.features = features
  }

  /// Reads the payload of CNXN as adb's `parse_banner` does: items without exactly one `=` are
  /// passed over, so that old and future banners are understood as far as they go.
  package init(_ payload: [UInt8]) {
    let text = String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self)
    let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    var properties: [String: String] = [:]
    var features: Set<String> = []
    for item in parts.count == 3 ? parts[2].split(separator: ";") : [] {
      let pair = item.split(separator: "=", omittingEmptySubsequences: false)
      guard pair.count == 2 else { continue }
      if pair[0] == "features" {
        features = Set(pair[1].split(separator: ",").map(String.init))
      } else {
        properties[String(pair[0])] = String(pair[1])
      }
    }
    self.init(
      state: DeviceState(word: String(parts.first ?? "")), properties: properties,
      features: features)
  }
}

/// What this side can do over a direct connection.
package enum ADBFeatures {
  /// A feature may be used only when both sides list it.
  package static let all: [String] = [
    "shell_v2", "cmd", "stat_v2", "ls_v2", "fixed_push_mkdir", "fixed_push_symlink_timestamp",
    "sendrecv_v2", "sendrecv_v2_brotli", "sendrecv_v2_lz4", "sendrecv_v2_zstd", "delayed_ack",
  ]

  /// The payload of this side's CNXN.
  static func introduction(_ features: [String]) -> [UInt8] {
    Array("host::features=\(features.joined(separator: ","))".utf8)
  }
}
