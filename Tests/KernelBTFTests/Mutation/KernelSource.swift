/// C source of a small kernel: what the probes read, with fields that can be changed one by one.
struct KernelSource {
  /// A field of a struct.
  struct Field {
    var owner: String
    var name: String
    /// Of its declaration, such as `unsigned int`; bit-fields have `width` beside it.
    var type: String
    var width: Int?
    /// Behind the name, such as `[8]`.
    var array = ""
    /// How many bits its values take in the scenarios; nil for what is no number.
    var bits: Int?
    var isSigned = false
  }

  /// A change of one field.
  struct Mutation {
    var name: String
    /// Of the struct, in place of the field's own declaration.
    var declaration: String
    /// Whether its value can still be read; nil where a probe may also be lost.
    var isReadable: Bool?
  }

  /// With the names of before 5.14.
  let isOld: Bool

  var fields: [Field] {
    func number(
      _ owner: String, _ name: String, _ type: String, bits: Int, width: Int? = nil
    ) -> Field {
      Field(
        owner: owner, name: name, type: type, width: width, bits: bits,
        isSigned: type == "int" || type == "long")
    }
    func other(_ owner: String, _ name: String, _ type: String, _ array: String = "") -> Field {
      Field(owner: owner, name: name, type: type, width: nil, array: array, bits: nil)
    }
    var fields = [
      number("thread_info", "flags", "unsigned long", bits: 23),
      isOld
        ? number("task_struct", "state", "long", bits: 11)
        : number("task_struct", "__state", "unsigned int", bits: 11),
      number("task_struct", "flags", "unsigned int", bits: 22),
      number("task_struct", "on_cpu", "int", bits: 1),
      number("task_struct", "pid", "int", bits: 7),
      number("task_struct", "tgid", "int", bits: 7),
      number("task_struct", "in_iowait", "unsigned int", bits: 1, width: 1),
      number("task_struct", "sched_contributes_to_load", "unsigned int", bits: 1, width: 1),
      number("task_struct", "start_time", "unsigned long long", bits: 20),
      other("task_struct", "signal", "struct signal_struct *"),
      other("signal_struct", "pids", "struct pid *", "[8]"),
      other("task_struct", "comm", "char", "[16]"),
      other("task_struct", "group_leader", "struct task_struct *"),
      other("task_struct", "cgroups", "struct css_set *"),
      other("css_set", "dfl_cgrp", "struct cgroup *"),
      number("cgroup", "level", "int", bits: 3),
      number("upid", "nr", "int", bits: 7),
      number("request", "cmd_flags", "unsigned int", bits: 12),
      number("request", "__data_len", "unsigned int", bits: 13),
      number("gendisk", "major", "int", bits: 9),
      number("gendisk", "first_minor", "int", bits: 5),
      other("irqaction", "name", "const char *"),
    ]
    if isOld {
      fields.append(other("request", "rq_disk", "struct gendisk *"))
      fields.append(other("cgroup", "ancestor_ids", "unsigned long long", "[4]"))
    } else {
      fields.append(other("cgroup", "kn", "struct kernfs_node *"))
      fields.append(other("cgroup", "ancestors", "struct cgroup *", "[4]"))
      fields.append(number("kernfs_node", "id", "unsigned long long", bits: 20))
      fields.append(other("request", "q", "struct request_queue *"))
      fields.append(other("request_queue", "disk", "struct gendisk *"))
    }
    return fields
  }

  /// Enumerators that the probes ask for, with the values of today.
  static let enumerators: [(name: String, value: Int)] = [
    ("PIDTYPE_SID", 3), ("REQ_OP_READ", 0), ("REQ_OP_WRITE", 1), ("REQ_OP_FLUSH", 2),
    ("REQ_OP_DISCARD", 3),
  ]

  /// How a field may change.
  func mutations(of field: Field) -> [Mutation] {
    let own = Self.declaration(field)
    var all = [
      Mutation(name: "moved", declaration: "char moved[40]; \(own)", isReadable: true),
      Mutation(
        name: "moved into a struct", declaration: "struct { char inner[24]; \(own) };",
        isReadable: true),
      Mutation(
        name: "moved into a union", declaration: "union { long wide[3]; struct { \(own) }; };",
        isReadable: true),
      Mutation(
        name: "renamed",
        declaration: own.replacing(field.name, with: "\(field.name)_renamed"), isReadable: false),
      Mutation(
        name: "turned to a union", declaration: "union { long a; char b; } \(field.name);",
        isReadable: false),
      Mutation(
        name: "turned to a float", declaration: "double \(field.name);", isReadable: false),
    ]
    let array = field.array
    guard let bits = field.bits else {
      guard field.type.hasSuffix("*") else {
        // A list of numbers of another size is read right, or not at all.
        return all
          + ["char", "unsigned int", "unsigned long", "void *"].map {
            Mutation(name: "of \($0)", declaration: "\($0) \(field.name)\(array);", isReadable: nil)
          }
      }
      return all + [
        Mutation(
          name: "turned to a number", declaration: "unsigned long \(field.name)\(array);",
          isReadable: false),
        Mutation(
          name: "led elsewhere", declaration: "struct elsewhere *\(field.name)\(array);",
          isReadable: field.type.contains("char")),
      ]
    }
    let needed = bits + (field.isSigned ? 1 : 0)
    let kinds = [(8, "char"), (16, "short"), (32, "int"), (64, "long")]
    for (width, kind) in kinds where width >= needed {
      for sign in ["signed", "unsigned"] where sign == "unsigned" || width > bits {
        let declaration = "\(sign) \(kind) \(field.name);"
        all.append(Mutation(name: "\(sign) \(kind)", declaration: declaration, isReadable: true))
      }
      for before in [0, 3, 7] where before + needed <= width {
        let pad = before == 0 ? "" : "unsigned \(kind) before : \(before); "
        all.append(
          Mutation(
            name: "bits of \(kind) after \(before)",
            declaration:
              "\(pad)\(field.isSigned ? "signed" : "unsigned") \(kind) \(field.name) : \(needed);",
            isReadable: true))
      }
    }
    all.append(
      Mutation(
        name: "half of a word",
        declaration: "unsigned long low : 13, \(field.name) : 32;", isReadable: nil))
    all.append(
      Mutation(name: "turned to a pointer", declaration: "void *\(field.name);", isReadable: false))
    return all
  }

  private static func declaration(_ field: Field) -> String {
    "\(field.type) \(field.name)\(field.width.map { " : \($0)" } ?? "")\(field.array);"
  }

  /// The whole source.
  ///
  /// - Parameters:
  ///   - field: the one that is changed; nil for none.
  ///   - mutation: what becomes of it.
  ///   - changed: names and values in place of today's, by today's names.
  /// - Returns: what clang takes.
  func text(
    _ field: Field? = nil, _ mutation: Mutation? = nil,
    _ changed: [String: (name: String, value: Int)] = [:]
  ) -> String {
    func structure(_ name: String, _ more: String = "") -> String {
      let members = fields.filter { $0.owner == name }.map { own in
        let isChanged = own.owner == field?.owner && own.name == field?.name
        return "  \(isChanged ? mutation?.declaration ?? "" : Self.declaration(own))\n"
      }
      return "struct \(name) {\n  char first[8];\n\(members.joined())\(more)  char last[8];\n};\n"
    }
    func enumeration(_ name: String, _ prefix: String) -> String {
      let lines = Self.enumerators.filter { $0.name.hasPrefix(prefix) }.map { own in
        let new = changed[own.name] ?? own
        return "  \(new.name) = \(new.value),\n"
      }
      return "enum \(name) {\n\(lines.joined())} \(name)_;\n"
    }
    let issue =
      isOld ? "(void *, struct request_queue *, struct request *)" : "(void *, struct request *)"
    return """
      struct elsewhere { long first; long second; } elsewhere;
      \(isOld ? "struct kernfs_node { int count; };\n" : structure("kernfs_node"))
      \(structure("cgroup", isOld ? "  struct kernfs_node *kn;\n" : ""))\(structure("css_set"))
      \(enumeration("pid_type", "PIDTYPE"))\(enumeration(isOld ? "req_opf" : "req_op", "REQ_OP"))
      \(structure("upid"))struct pid { int count; struct upid numbers[1]; };
      \(structure("signal_struct"))\(structure("thread_info"))
      \(structure("task_struct", "  struct thread_info thread_info;\n"))
      \(structure("gendisk"))\(isOld ? "struct request_queue { int id; };\n" : structure("request_queue"))
      \(structure("request"))\(structure("irqaction"))
      struct css_set set; struct cgroup cgroup; struct kernfs_node node;
      struct task_struct task; struct request request; struct irqaction action;
      struct request_queue queue; struct signal_struct signals; struct pid pid; struct gendisk disk;
      typedef void (*btf_trace_block_rq_issue)\(issue);
      btf_trace_block_rq_issue issued;

      """
  }
}
