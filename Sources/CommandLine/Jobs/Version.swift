/// The release. Host and agent are one release: `LATGATE_VERSION` of the agent is the same text.
package enum Version {
  package static let text = "0.1.0"
}
