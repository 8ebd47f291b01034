import ArgumentParser
import CampaignFiles
import Campaigns
import Foundation
import Jobs

struct CampaignCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "campaign",
    abstract: "Measure on devices in the field while a firmware is rolled out to them.",
    discussion: """
      A campaign is a signed request to fielded devices: these probes, so often, at most at this \
      cost, on these models and builds. Devices draw an arm by a hash of their name: the control \
      keeps its firmware, the others are offered the new one, and all run the same probes at the \
      same time. 'judge' compares the arms and is the gate before the next stage of the roll-out.

      A repository is a directory of plain files that any web server serves; its signatures are those \
      of The Update Framework. Whoever steals the server can stop campaigns and start none.

        latgate campaign keys create --repository repo --keys keys
        latgate campaign create disk-1 --probe fsync --canary 2% --out draft
        latgate campaign sign draft --repository repo --keys keys
        latgate campaign publish --repository repo --keys keys
        latgate campaign status --repository repo
        latgate campaign revoke disk-1 --repository repo --keys keys

      Keys of root and targets belong offline: move them to other media after 'keys create', and \
      name that directory with a second --keys when they are needed. 'publish' runs by itself, a few \
      times a day, with the snapshot and timestamp keys alone: devices take no timestamp that is \
      older than a day.
      """,
    subcommands: [
      CampaignKeys.self, CampaignCreate.self, CampaignSign.self, CampaignPublish.self,
      CampaignPause.self, CampaignRevoke.self, CampaignStatusCommand.self, CampaignArms.self,
      CampaignJudge.self, CampaignTrialCommand.self,
    ])
}

/// A repository, and who may sign in it.
struct RepositoryOptions: ParsableArguments {
  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp("Directory of the repository.", valueName: "directory"),
    completion: .directory)
  var repository: String

  @Option(
    help: ArgumentHelp("Directory with private keys; may be repeated.", valueName: "directory"))
  var keys: [String] = []

  func publisher() throws -> Publisher {
    try Publisher(repository: repository, keys: keys, now: MetadataTime(Date()))
  }
}

struct CampaignSign: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Sign a campaign with the key of targets.",
    discussion: """
      Puts the campaign's files into the repository and signs the list of campaigns. Devices see it \
      after 'publish'. --renew signs the list as it is for another 90 days.

        latgate campaign sign draft --repository repo --keys usb
      """)

  @OptionGroup var options: RepositoryOptions

  @Argument(help: "Directory that 'campaign create' wrote.")
  var draft: String?

  @Flag(help: "Sign the list of campaigns again, unchanged.")
  var renew = false

  func validate() throws {
    guard (draft != nil) != renew else {
      throw ValidationError("name the directory of a campaign, or --renew")
    }
  }

  func run() async throws {
    let id = try options.publisher().sign(draft.map(DraftDirectory.init))
    options.common.console.note(
      (id.map { "campaign \($0) is signed" } ?? "the list of campaigns is signed")
        + "; devices see it after 'latgate campaign publish'")
  }
}

struct CampaignPublish: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish",
    abstract: "Make what was signed visible, or say that it still holds.",
    discussion: """
      Needs the keys of snapshot and timestamp. The timestamp expires: run it again before, from a \
      timer. Without it devices stop probing when their lease is over.

        latgate campaign publish --repository repo --keys keys
      """)

  @OptionGroup var options: RepositoryOptions

  @Option(help: ArgumentHelp("How long the timestamp holds.", valueName: "time"))
  var valid = TimeSpan(.seconds(86400))

  func run() async throws {
    var publisher = try options.publisher()
    publisher.lifetimes.timestamp = valid.duration.components.seconds
    publisher.lifetimes.snapshot = max(
      publisher.lifetimes.snapshot, publisher.lifetimes.timestamp)
    try publisher.publish()
    options.common.console.note("published; publish again within \(valid.defaultValueDescription)")
  }
}

struct CampaignPause: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause",
    abstract: "Have devices stop a campaign and keep their place in it.",
    discussion: """
      Needs the keys of snapshot and timestamp. Devices stop at their next poll, at the latest when \
      the campaign's lease is over.

        latgate campaign pause disk-1 --repository repo --keys keys
        latgate campaign pause disk-1 --resume --repository repo --keys keys
      """)

  @OptionGroup var options: RepositoryOptions

  @Argument(help: "Id of the campaign.")
  var campaign: String

  @Flag(help: "Let it go on.")
  var resume = false

  func run() async throws {
    try options.publisher().pause(campaign, resumes: resume)
    options.common.console.note("campaign \(campaign) \(resume ? "goes on" : "is paused")")
  }
}

struct CampaignRevoke: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "End a campaign for good.",
    discussion: """
      Needs the keys of snapshot and timestamp, so it works at once from where 'publish' runs. With \
      the key of targets at hand it is also taken out of the list of campaigns, which is what holds \
      against whoever has stolen the online keys. Devices never run that id again.

        latgate campaign revoke disk-1 --repository repo --keys keys --keys usb
      """)

  @OptionGroup var options: RepositoryOptions

  @Argument(help: "Id of the campaign.")
  var campaign: String

  func run() async throws {
    let isTaken = try options.publisher().revoke(campaign)
    options.common.console.note(
      "campaign \(campaign) is revoked"
        + (isTaken
          ? " and out of the list"
          : "; it is still in the list of campaigns, as the key of targets is not in --keys"))
  }
}

struct CampaignStatusCommand: AsyncParsableCommand, ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Verify a repository as a device does, and list its campaigns.",
    discussion: """
      Follows the signatures from 1.root.json on and checks every manifest and bundle. Needs no \
      keys.

        latgate campaign status --repository repo

      Exit codes: 0 a device would take all of it, 65 it would refuse something.
      """)

  @OptionGroup var common: CommonOptions

  @Option(
    help: ArgumentHelp("Directory of the repository.", valueName: "directory"),
    completion: .directory)
  var repository: String

  @OptionGroup var output: FormatOptions<CampaignStatus>

  func run() async throws {
    let status = try CampaignStatus(
      RepositoryDirectory(path: repository), now: MetadataTime(Date()))
    try output.print(status, common.console)
  }
}

extension Role: ExpressibleByArgument {}
