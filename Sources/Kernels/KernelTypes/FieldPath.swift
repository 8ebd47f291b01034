/// A field that an object reads, as its own types name it.
struct FieldPath: Sendable {
  /// One step from a type towards the field.
  enum Step: Sendable {
    case element(Int)
    /// A member, with its name and its type in the object.
    case member(name: String, type: UInt32)
  }

  /// Name of the root type, without flavour.
  let root: String
  let rootType: BTFType
  let steps: [Step]
  /// Of the field itself in the object.
  let leaf: UInt32

  /// `field.inner[3]`, from the root.
  var text: String {
    var text = ""
    for (index, step) in steps.enumerated() {
      switch step {
      case .element(let number): if index > 0 { text += "[\(number)]" }
      case .member(let name, _): text += text.isEmpty ? name : ".\(name)"
      }
    }
    return text
  }

  /// Follows a relocation's indices through the object's types.
  /// - Throws: ``MalformedError`` where they lead nowhere.
  init(_ relocation: CoreRelocation, in types: BTFTypes) throws(MalformedError) {
    let wrong = MalformedError(reason: "the relocation '\(relocation.access)' leads nowhere")
    let indices = relocation.access.split(separator: ":", omittingEmptySubsequences: false)
      .compactMap { Int($0) }
    guard let first = indices.first, first >= 0 else { throw wrong }
    var type = types.resolved(relocation.type)
    var steps: [Step] = [.element(first)]
    rootType = types[relocation.type]
    root = essentialName(rootType.name.isEmpty ? type.name : rootType.name)
    var leaf = type.id
    for index in indices.dropFirst() {
      guard index >= 0 else { throw wrong }
      if type.kind.isComposite {
        let members = types.members(of: type)
        guard members.indices.contains(index) else { throw wrong }
        // An anonymous struct is passed through: the kernel's may be nested in another way.
        if !members[index].name.isEmpty {
          steps.append(.member(name: members[index].name, type: members[index].type))
        }
        leaf = members[index].type
      } else if let array = types.array(type) {
        steps.append(.element(index))
        leaf = array.element
      } else {
        throw wrong
      }
      type = types.resolved(leaf)
    }
    self.steps = steps
    self.leaf = leaf
  }
}
