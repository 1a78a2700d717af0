internal import Tracking

/// Takes the named parts of a file that is written.
public protocol PartSink {
  /// Adds a part of so many bytes; `body` is handed what writes the next of them.
  func add(_ name: String, bytes: Int64, _ body: (([UInt8]) throws -> Void) throws -> Void) throws
}

/// Gives the named parts of a file.
public protocol PartSource {
  /// The names of the parts in the file's order.
  var names: [String] { get }

  /// The file's length in bytes.
  var bytes: Int64 { get }

  /// Reads everything and compares it with its digests; `progress` is told how many bytes were read since it was last told.
  ///
  /// - Throws: `.corrupt` naming the part.
  func verify(_ progress: (Int) -> Void) throws

  /// Opens a part: returns what returns the next bytes of its content; nil at the end.
  func pieces(of name: String) throws -> () throws -> [UInt8]?
}

/// How far moving records is.
public struct MovingProgress: Sendable {
  /// What is being done.
  public var deed: String
  /// How much of it is done.
  public var done: Int64
  /// How much there is; nil where that is not known.
  public var total: Int64?
}

/// What a file of runs says that it holds: its first part.
struct ExportManifest: Equatable {
  /// A part and its content.
  struct Part: Equatable {
    var name: String
    var bytes: Int64
    var digest: Digest
  }

  /// The other parts, in the file's order: the records, then artifacts by digest.
  var parts: [Part]
  var runs: Int
  var points: Int
  /// Of sweeps of which not every trial is in the file: how many trials they have.
  var partialSweeps: [RunID: Int]

  static let name = "manifest.json"
  static let recordsName = "records.jsonl"
  static let format = "runs export"
  static let version: Int64 = 1
  /// Larger ones are not read.
  static let largest = 1 << 28
  static let mostParts = 1_000_000

  static func artifactName(_ digest: Digest) -> String { "artifacts/\(digest.hex).tar.zst" }

  /// The digest that the name of a part says; nil for any other name.
  static func artifact(named name: String) -> Digest? {
    guard name.hasPrefix("artifacts/"), name.hasSuffix(".tar.zst"),
      let digest = Digest(hex: String(name.dropFirst("artifacts/".count).dropLast(".tar.zst".count))),
      artifactName(digest) == name
    else { return nil }
    return digest
  }

  /// The artifacts in the file.
  var artifacts: Set<Digest> { Set(parts.compactMap { Self.artifact(named: $0.name) }) }

  /// The part's bytes.
  var text: [UInt8] {
    let value: Value = [
      "format": .text(Self.format), "version": .integer(Self.version), "runs": .integer(Int64(runs)),
      "points": .integer(Int64(points)),
      "partial_sweeps": .object(
        Dictionary(uniqueKeysWithValues: partialSweeps.map { ($0.key.text, .integer(Int64($0.value))) })),
      "parts": .list(
        parts.map {
          ["name": .text($0.name), "bytes": .integer($0.bytes), "sha256": .text($0.digest.hex)]
        }),
    ]
    return Array((value.prettyJSON + "\n").utf8)
  }

  init(parts: [Part], runs: Int, points: Int, partialSweeps: [RunID: Int]) {
    self.parts = parts
    self.runs = runs
    self.points = points
    self.partialSweeps = partialSweeps
  }

  /// Reads the part's bytes.
  ///
  /// - Throws: `.invalid` naming what is wrong; `.incompatible` for a newer version.
  init(text: [UInt8]) throws {
    func wrong(_ what: String) -> TrackingError { TrackingError(.invalid, "the part '\(Self.name)' \(what)") }
    guard let text = String(validating: text, as: UTF8.self), let value = try? Value(json: text),
      value["format"]?.text == Self.format, let version = value["version"]?.integer
    else { throw wrong("is no manifest of exported runs") }
    guard version <= Self.version else {
      throw TrackingError(
        .incompatible, "the file was written by a newer program (version \(version) of the format); update this one")
    }
    guard let runs = value["runs"]?.integer, let points = value["points"]?.integer, let parts = value["parts"]?.list,
      let sweeps = value["partial_sweeps"]?.object
    else { throw wrong("lacks the runs, the points, the sweeps or the parts") }
    self.init(parts: [], runs: Int(runs), points: Int(points), partialSweeps: [:])
    for (name, trials) in sweeps {
      guard let id = RunID(name), let trials = trials.integer else { throw wrong("has the sweep '\(name)'") }
      partialSweeps[id] = Int(trials)
    }
    for part in parts {
      guard let name = part["name"]?.text, let bytes = part["bytes"]?.integer, bytes >= 0,
        let digest = part["sha256"]?.text.flatMap({ Digest(hex: $0) }),
        name == Self.recordsName || Self.artifact(named: name) == digest
      else { throw wrong("names '\(part["name"]?.text ?? "")', which is no part that such a file has") }
      self.parts.append(Part(name: name, bytes: bytes, digest: digest))
    }
    guard self.parts.first?.name == Self.recordsName, Set(self.parts.map(\.name)).count == self.parts.count else {
      throw wrong("does not name the records first, or names a part twice")
    }
  }
}

extension Value {
  /// Every SHA-256 that texts in this value name: 64 hexadecimal digits between other characters.
  var namedDigests: Set<Digest> {
    switch self {
    case .text(let text): Digest.named(in: text)
    case .list(let values): values.reduce(into: []) { $0.formUnion($1.namedDigests) }
    case .object(let members): members.values.reduce(into: []) { $0.formUnion($1.namedDigests) }
    default: []
    }
  }
}

extension Digest {
  /// Every SHA-256 that a text names.
  static func named(in text: String) -> Set<Digest> {
    guard text.utf8.count >= 64 else { return [] }
    let words = text.utf8.split { !(48...57).contains($0) && !(97...102).contains($0) && !(65...70).contains($0) }
    return Set(words.filter { $0.count == 64 }.compactMap { Digest(hex: String(decoding: $0, as: UTF8.self)) })
  }
}
