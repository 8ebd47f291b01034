import ArgumentParser
import CampaignFiles
import Campaigns
import Foundation
import Jobs

struct CampaignKeys: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Make and replace the keys of a repository.",
    subcommands: [KeysCreate.self, KeysRotate.self])
}

struct KeysCreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Make a repository and its keys.",
    discussion: """
      Makes three keys of root, of which two have to sign, and one each of targets, snapshot and \
      timestamp. The repository's 1.root.json goes into the firmware: it is what devices trust.

        root       says who may sign what       offline, in three places
        targets    signs campaigns              offline
        snapshot   which list is the newest     where 'publish' runs
        timestamp  that it still is; revokes    where 'publish' runs
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp("Directory for the repository.", valueName: "directory"),
    completion: .directory)
  var repository: String

  @Option(help: ArgumentHelp("Directory for the keys.", valueName: "directory"))
  var keys: String

  func run() async throws {
    let paths = try Publisher.create(
      repository: repository, keys: keys, now: MetadataTime(Date()))
    common.console.print(paths.map { $0 + "\n" }.joined())
    common.console.note(
      "put \(repository)/1.root.json into the firmware, and move the keys of root and targets to "
        + "media that stay offline")
  }
}

struct KeysRotate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate",
    abstract: "Replace the keys of roles, or renew root for another year.",
    discussion: """
      Makes new keys in the first directory of --keys and signs the next root with those of the old \
      one: two of root's have to be at hand. Devices follow at their next poll. 'root' alone \
      renews its expiry and keeps all keys, unless --new-root-keys is given.

        latgate campaign keys rotate timestamp --repository repo --keys a --keys b
        latgate campaign keys rotate root --repository repo --keys usb
      """)

  @OptionGroup var options: RepositoryOptions

  @Argument(help: "root, targets, snapshot, timestamp.")
  var roles: [Role]

  @Flag(help: "Make new keys of root as well; the old ones sign this root for the last time.")
  var newRootKeys = false

  func run() async throws {
    guard let directory = options.keys.first else {
      throw ValidationError("--keys is needed: two keys of root sign, and new keys go there")
    }
    let changed = roles.filter { $0 != .root || newRootKeys }
    let version = try options.publisher().rotate(changed, into: directory)
    options.common.console.note(
      "root is version \(version)"
        + (changed.isEmpty
          ? ""
          : "; take the replaced keys of "
            + changed.map(\.rawValue).joined(separator: ", ") + " out of use, sign and publish"))
  }
}
