/// What a kernel's types answer to one relocation.
package struct CoreAnswer: Sendable, Equatable {
  /// Why a read, made as the object makes it, does not get the field's value here.
  package enum MisfitError: Sendable, Equatable {
    /// It takes more or fewer bytes than the field has.
    case size
    /// The field is a bit-field, and the read takes whole bytes.
    case bits
    /// It follows the field as a pointer to another type.
    case pointee
  }

  package enum Outcome: Sendable, Equatable {
    /// What the instruction gets: an offset, a size, 1 for "there is", 0 for "there is not".
    case value(UInt64)
    /// The kernel has no such field, type or enumerator, or one that cannot be read this way.
    case missing
    /// Several types of that name, with different answers.
    case ambiguous
  }

  package fileprivate(set) var relocation: CoreRelocation
  /// Root type and field without flavours, such as `struct request.rq_disk`.
  package let subject: String
  /// Name of the root type without flavour.
  package let root: String
  /// The field from there, empty for relocations about types.
  package let path: String
  package let outcome: Outcome
  /// Where the kernel keeps the field; nil for other relocations and where it has none.
  package let place: FieldPlace?
  /// Where the object's own declaration has it; nil for other relocations.
  package let own: FieldPlace?
  /// Set by ``CoreObject`` among what a program lacks.
  package internal(set) var misfit: MisfitError?

  /// The same answer, for an equal question at another place.
  func moved(to relocation: CoreRelocation) -> CoreAnswer {
    var copy = self
    copy.relocation = relocation
    return copy
  }
}

/// Answers the relocations of an object from the types of a kernel, as libbpf does before a load.
package struct CoreResolver: Sendable {
  private let object: BTFTypes
  private let kernel: BTFTypes
  private let fields: FieldMatcher
  private let ownFields: FieldMatcher
  private let types: TypeMatcher

  package init(object: BTFTypes, kernel: BTFTypes) {
    self.object = object
    self.kernel = kernel
    fields = FieldMatcher(object: object, kernel: kernel, pointerSize: kernel.pointerSize)
    ownFields = FieldMatcher(object: object, kernel: object, pointerSize: 8)
    types = TypeMatcher(object: object, kernel: kernel)
  }

  /// - Throws: ``MalformedError`` for a relocation that does not fit the object's own types.
  package func answer(_ relocation: CoreRelocation) throws(MalformedError) -> CoreAnswer {
    let root = object[relocation.type]
    if relocation.kind.isAboutField { return try field(relocation) }
    var outcomes: [CoreAnswer.Outcome] = []
    var subject = object.text(of: relocation.type).replacing(
      root.name, with: essentialName(root.name))
    var path = ""
    if relocation.kind == .localTypeID {
      outcomes = [.value(UInt64(relocation.type))]
    } else if relocation.kind.isAboutEnumerator {
      let enumerators = object.enumerators(of: object.resolved(relocation.type))
      guard let index = Int(relocation.access), enumerators.indices.contains(index) else {
        throw MalformedError(reason: "the relocation '\(relocation.access)' leads nowhere")
      }
      path = essentialName(enumerators[index].name)
      subject += ".\(path)"
      outcomes = candidates(root).compactMap { id in
        kernel.enumerators(of: kernel.resolved(id)).first { essentialName($0.name) == path }
          .map { .value(relocation.kind == .enumeratorExists ? 1 : $0.value) }
      }
    } else {
      outcomes = candidates(root).compactMap { type(relocation, candidate: $0) }
    }
    return CoreAnswer(
      relocation: relocation, subject: subject, root: essentialName(root.name), path: path,
      outcome: joined(outcomes, relocation), place: nil, own: nil)
  }

  private func type(_ relocation: CoreRelocation, candidate: UInt32) -> CoreAnswer.Outcome? {
    switch relocation.kind {
    case .typeMatches: return types.matches(relocation.type, candidate) ? .value(1) : nil
    default: guard types.areCompatible(relocation.type, candidate) else { return nil }
    }
    switch relocation.kind {
    case .typeSize:
      return kernel.size(of: candidate, pointerSize: fields.pointerSize).map { .value(UInt64($0)) }
    case .targetTypeID: return .value(UInt64(candidate))
    default: return .value(1)
    }
  }

  private func field(_ relocation: CoreRelocation) throws(MalformedError) -> CoreAnswer {
    let path = try FieldPath(relocation, in: object)
    let places = candidates(path.rootType).compactMap { fields.place(of: path, in: $0) }
    let outcomes = places.map { value(relocation.kind, $0) }
    let keyword = object.text(of: path.rootType.id).split(separator: " ").first.map(String.init)
    let isNamed = path.rootType.kind.isComposite
    return CoreAnswer(
      relocation: relocation,
      subject: (isNamed ? "\(keyword ?? "struct") " : "") + "\(path.root).\(path.text)",
      root: path.root, path: path.text, outcome: joined(outcomes, relocation),
      place: places.first, own: ownFields.place(of: path, in: path.rootType.id))
  }

  private func value(_ kind: CoreRelocation.Kind, _ place: FieldPlace) -> CoreAnswer.Outcome {
    switch kind {
    case .fieldOffset: return .value(UInt64(place.offset))
    case .fieldSize: return .value(UInt64(place.size))
    case .fieldSigned: return .value(place.isSigned ? 1 : 0)
    case .fieldLeftShift:
      guard let bits = place.bits else { return .value(UInt64(max(0, 64 - place.size * 8))) }
      return .value(UInt64(max(0, 64 - (bits.offset + bits.size - place.offset * 8))))
    case .fieldRightShift:
      return .value(UInt64(max(0, 64 - (place.bits?.size ?? place.size * 8))))
    default: return .value(1)
    }
  }

  /// Types of the kernel with the root's name and kind.
  private func candidates(_ root: BTFType) -> [UInt32] {
    let kinds: [BTFKind] =
      root.kind.isEnumeration ? [.enumeration, .enumeration64] : [root.kind]
    return kernel.types(named: essentialName(root.name), flavours: true, kinds)
  }

  private func joined(
    _ outcomes: [CoreAnswer.Outcome], _ relocation: CoreRelocation
  ) -> CoreAnswer.Outcome {
    guard let first = outcomes.first else {
      return relocation.kind.isQuestion ? .value(0) : .missing
    }
    return outcomes.allSatisfy { $0 == first } ? first : .ambiguous
  }
}
