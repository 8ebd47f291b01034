import Foundation

/// JSON with sorted keys and a line end: equal values are equal bytes.
func canonicalJSON(_ value: some Encodable) throws -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
  var data = try encoder.encode(value)
  data.append(UInt8(ascii: "\n"))
  return data
}
