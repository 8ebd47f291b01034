import KernelEvents

// Functions of processes: PATH:SYMBOL, and what is common to them and USDT probes.
extension LineContext {
  /// A function or a USDT probe of a program or library.
  struct UserPlace: Equatable {
    var path: MeasureLine.Word
    /// Of a USDT probe `provider:name`; empty where it is missing.
    var symbol: MeasureLine.Word
    /// Whether its return was named (`uretprobe:`).
    var isReturn = false
    var isUSDT = false
  }

  static let userReturnPrefixes = ["uretprobe:", "ur:"]
  private static let usdtPrefixes = ["usdt:", "U:"]
  private static let userPrefixes = userReturnPrefixes + usdtPrefixes + ["uprobe:", "u:"]

  /// What `PATH:SYMBOL` and `usdt:PATH:PROVIDER:NAME` say; nil for a word that is neither.
  static func userPlace(_ word: MeasureLine.Word) -> UserPlace? {
    let prefix = userPrefixes.first { word.text.hasPrefix($0) }
    let text = word.text.dropFirst(prefix?.count ?? 0)
    guard prefix != nil || text.hasPrefix("/") else { return nil }
    let start = word.range.upperBound - text.count
    let path = text.prefix { $0 != ":" }
    let symbol = text.dropFirst(path.count + 1)
    let end = start + path.count
    return UserPlace(
      path: MeasureLine.Word(text: String(path), range: start..<end),
      symbol: MeasureLine.Word(
        text: String(symbol), range: min(end + 1, word.range.upperBound)..<word.range.upperBound),
      isReturn: userReturnPrefixes.contains { $0 == prefix },
      isUSDT: usdtPrefixes.contains { $0 == prefix })
  }

  /// The line's function of a process; nil for lines of the kernel.
  var userPlace: UserPlace? { Self.userPlace(line.from) }

  /// Holds the function against what its file has.
  func requireFunction(_ place: UserPlace) throws(MeasureError) {
    if let to = line.to {
      throw fault(
        "a function is measured alone, from its entry to its return",
        remedy: "leave '~ \(to.text)' out", at: to.range)
    }
    try requireFunction(place, kernel.file)
    if let file = kernel.file { try requireTies(file, place) }
  }

  /// Holds a file against what can be measured in it.
  func requireFile(_ place: UserPlace, _ file: KnownFile?) throws(MeasureError) {
    guard place.path.text.hasPrefix("/") else {
      throw fault(
        "'\(place.path.text)' is no path", suggestion: file?.suggestion,
        remedy: "write the path of the file on the device, from its root, such as /usr/bin/app",
        at: place.path.range)
    }
    if let objection = file?.objection {
      throw fault(
        "\(place.path.text) \(objection)", suggestion: file?.suggestion,
        remedy: "name a program or library as it lies on the device", at: place.path.range)
    }
  }

  /// Holds a function against what its file has, whatever it is measured with.
  func requireFunction(_ place: UserPlace, _ file: KnownFile?) throws(MeasureError) {
    try requireFile(place, file)
    let name = place.symbol.text
    guard !name.isEmpty else {
      throw fault(
        "the function is missing", suggestion: file.flatMap(Self.usual),
        remedy: "write it behind the file: \(place.path.text):FUNCTION",
        at: place.symbol.range.lowerBound..<place.symbol.range.lowerBound)
    }
    if let file { try require(name, of: file, place) }
  }

  private static func usual(_ file: KnownFile) -> String? {
    ["main.main", "main"].first(where: file.functions.contains).map { "\(file.path):\($0)" }
  }

  private func require(
    _ name: String, of file: KnownFile, _ place: UserPlace
  ) throws(MeasureError) {
    guard file.functions.contains(name) else {
      if file.imported.contains(name) {
        let all = file.libraries.joined(separator: ", ")
        throw fault(
          "\(file.path) calls '\(name)', which is a function of a library",
          remedy: "name the library's file in its place\(all.isEmpty ? "" : ": one of \(all)")",
          at: place.path.range)
      }
      if file.functions.isEmpty {
        throw fault(
          "\(file.path) is stripped: it names no function",
          remedy: "install an unstripped build of it", at: place.symbol.range)
      }
      throw fault(
        "\(file.path) has no function '\(name)'", suggestion: near(name, file.functions),
        remedy: "it may be inlined, or stripped in this build", at: place.symbol.range)
    }
    if file.indirect.contains(name) {
      throw fault(
        "'\(name)' only chooses the function that is called, once for each process",
        suggestion: file.functions.filter { $0.contains(name) && !file.indirect.contains($0) }
          .min { ($0.count, $0) < ($1.count, $1) },
        remedy: "name the one that this CPU gets", at: place.symbol.range)
    }
    if let count = file.ambiguous[name] {
      throw fault(
        "\(count) functions of \(file.path) are called '\(name)'",
        remedy: "name one that it calls, or that calls it", at: place.symbol.range)
    }
    if file.thumb.contains(name) {
      throw fault(
        "'\(name)' is Thumb code, in which the kernel sets no breakpoints",
        remedy: "build it with -marm, or measure a system call or an event instead",
        at: place.symbol.range)
    }
  }

  /// The last part of a name alone, or a slip.
  private func near(_ name: String, _ functions: [String]) -> String? {
    let parts = functions.filter { function in
      [".", "::", "_"].contains { function.hasSuffix($0 + name) }
    }
    if let short = parts.min(by: { ($0.count, $0) < ($1.count, $1) }) { return short }
    return NearNames(names: functions).nearest(to: name)
      ?? functions.filter { name.count > 3 && $0.contains(name) }
      .min { ($0.count, $0) < ($1.count, $1) }
  }

  /// What ties the return to its entry is not to be chosen.
  private func requireTies(_ file: KnownFile, _ place: UserPlace) throws(MeasureError) {
    let name = place.symbol.text
    let isGo = file.isGo(name)
    let usual = isGo ? SpanTable.goroutine : SpanTable.thread
    for tie in line.by where tie.start.text != usual || tie.end != nil {
      let word = tie.start
      throw fault(
        word.text == SpanTable.goroutine
          ? "'\(name)' is no function of Go"
          : word.text == SpanTable.thread && isGo
            ? "goroutines of Go change threads while a function runs"
            : "a function's return is tied to its entry by \(isGo ? "the goroutine" : "the thread")",
        suggestion: usual, remedy: "leave 'by' out", at: word.range)
    }
    if isGo, returns == .uretprobe {
      throw fault(
        "a uretprobe crashes programs of Go, whose runtime moves stacks and reads them",
        remedy: "leave '--returns' out, or give --returns ret-sites", at: place.symbol.range)
    }
    if isGo, line.ask == .duration, !file.keepsGoroutine {
      let version = file.goVersion ?? ""
      throw fault(
        "where \(version.isEmpty ? "this version of Go" : version) keeps the running goroutine is not "
          + "known",
        remedy: "build the program with go1.18 or later, or count calls: 'count "
          + "\(line.from.text)'", at: place.symbol.range)
    }
  }
}
