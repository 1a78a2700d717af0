public import Tracking

/// What a run found around it that its code and data do not tell: sections of names and texts.
///
/// | section | holds |
/// |---|---|
/// | `interpreter` | the program that executes the script: name, path, version, digest |
/// | `packages` | what is installed for it, by normalised name: the version |
/// | `lock_files` | the digests of files that name packages, by path in the code |
/// | `threads` | variables that set how many threads a library uses, and how many processors there are to use |
/// | `libraries` | shared libraries that decide about numbers, by their common name: the file's name |
/// | `variables` | the environment variables of the allow-list |
/// | `present` | variables that look like secrets, and were set: never their values |
/// | `machine` | processor, its flags, memory |
/// | `gpu` | models and driver |
/// | `system` | operating system, kernel, C library |
/// | `locale` | language, encoding, time zone |
public struct EnvironmentRecord: Sendable, Equatable {
  /// The sections, in the order in which a difference is likely to matter.
  public enum Section: String, Sendable, CaseIterable {
    case packages
    case interpreter
    case threads
    case variables
    case libraries
    case gpu
    case machine
    case system
    case locale
    case lockFiles = "lock_files"
    case present
  }

  /// By section, by name.
  public var sections: [Section: [String: String]]

  /// Makes a record.
  public init(_ sections: [Section: [String: String]] = [:]) { self.sections = sections.filter { !$0.value.isEmpty } }

  /// A section; empty where nothing is known.
  public subscript(section: Section) -> [String: String] {
    get { sections[section] ?? [:] }
    set { sections[section] = newValue.isEmpty ? nil : newValue }
  }

  /// The recorded form.
  public var value: Value {
    .object(
      Dictionary(
        uniqueKeysWithValues: sections.map { section, texts in
          (section.rawValue, .object(texts.mapValues { .text($0) }))
        }))
  }

  /// Reads the recorded form; sections of a newer program are passed over.
  public init(value: Value) {
    var found: [Section: [String: String]] = [:]
    for (name, texts) in value.object ?? [:] {
      guard let section = Section(rawValue: name) else { continue }
      found[section] = (texts.object ?? [:]).compactMapValues(\.text)
    }
    self.init(found)
  }

  /// Something that is not the same in two environments.
  public struct Difference: Sendable, Equatable {
    /// Where it stands.
    public var section: Section
    /// Its name.
    public var name: String
    /// What was recorded; nil for nothing.
    public var recorded: String?
    /// What is there now; nil for nothing.
    public var present: String?

    /// Names a difference.
    public init(section: Section, name: String, recorded: String?, present: String?) {
      self.section = section
      self.name = name
      self.recorded = recorded
      self.present = present
    }
  }

  /// Packages that compute: a difference in one of them is a likelier cause than one in any other.
  private static let computing: Set<String> = [
    "numpy", "scipy", "scikit-learn", "torch", "torchvision", "tensorflow", "jax", "jaxlib", "keras", "pandas",
    "xgboost",
    "lightgbm", "catboost", "transformers", "lightning", "pytorch-lightning", "numba", "cupy", "statsmodels",
    "onnxruntime",
  ]

  /// Returns what is not the same in a later environment, the likeliest cause of other numbers first.
  public func differences(to later: EnvironmentRecord) -> [Difference] {
    Section.allCases.flatMap { section -> [Difference] in
      let (old, new) = (self[section], later[section])
      let names = Set(old.keys).union(new.keys).sorted { left, right in
        let (first, second) = (EnvironmentRecord.computing.contains(left), EnvironmentRecord.computing.contains(right))
        return first == second ? left < right : first
      }
      return names.compactMap { name in
        old[name] == new[name]
          ? nil : Difference(section: section, name: name, recorded: old[name], present: new[name])
      }
    }
  }
}
