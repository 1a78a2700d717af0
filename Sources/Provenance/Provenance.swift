internal import Glibc
public import Tracking

/// What a run's record holds so that it can be run again: its code, inputs and environment, as they were before its first line
/// ran. Kept as the artifact `provenance`; the code itself is the artifact `code`.
///
/// | file of the artifact | holds |
/// |---|---|
/// | `provenance.json` | the whole record but for the two others |
/// | `git.diff` | what the tree differed from its commit; not there for a clean one |
public struct Provenance: Sendable, Equatable {
  /// The name of the artifact with the record.
  public static let artifactName = "provenance"
  /// The name of the artifact with the code.
  public static let codeArtifactName = "code"
  static let format: Int64 = 1

  /// The code; nil for a run without any.
  public var code: CapturedCode?
  /// The declared inputs, by name.
  public var inputs: [CapturedInput]
  /// What was around.
  public var environment: EnvironmentRecord
  /// Variables that were to be recorded beside those that always are, set or not.
  public var wanted: Set<String>
  /// The program that recorded it.
  public var program: String

  /// Makes a record of all its parts.
  public init(
    code: CapturedCode?, inputs: [CapturedInput], environment: EnvironmentRecord, wanted: Set<String> = [],
    program: String
  ) {
    self.wanted = wanted
    self.code = code
    self.inputs = inputs.sorted { $0.name < $1.name }
    self.environment = environment
    self.program = program
  }

  /// The recorded form, without git's difference.
  public var value: Value {
    [
      "format": .integer(Provenance.format), "program": .text(program), "code": code?.value ?? .null,
      "inputs": .object(Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.value) })),
      "environment": environment.value, "wanted_variables": .list(wanted.sorted().map { .text($0) }),
    ]
  }

  /// Reads the recorded form.
  ///
  /// - Throws: `.corrupt`; `.incompatible` for a record of a newer program.
  public init(value: Value, gitDifference: [UInt8] = []) throws {
    guard let format = value["format"]?.integer else {
      throw TrackingError(.corrupt, "a provenance record has no format")
    }
    guard format <= Provenance.format else {
      throw TrackingError(
        .incompatible,
        "the provenance record has format \(format), and this program knows up to \(Provenance.format); use a newer one"
      )
    }
    self.init(
      code: try value["code"].flatMap {
        $0.object == nil ? nil : try CapturedCode(value: $0, gitDifference: gitDifference)
      },
      inputs: try (value["inputs"]?.object ?? [:]).map { try CapturedInput(name: $0.key, value: $0.value) },
      environment: EnvironmentRecord(value: value["environment"] ?? .null),
      wanted: Set((value["wanted_variables"]?.list ?? []).compactMap(\.text)), program: value["program"]?.text ?? "")
  }

  /// Stores the record; equal records are one tarball.
  public func store(in artifacts: any ArtifactStore, scratch: String) throws -> StoredArtifact {
    let draft = "\(scratch)/provenance.\(getpid()).\(UInt64.random(in: 0 ... .max))"
    try makeDirectories(draft)
    defer { removeTree(draft) }
    try write(Array((value.prettyJSON + "\n").utf8), to: draft + "/provenance.json")
    if let difference = code?.git?.difference, !difference.isEmpty { try write(difference, to: draft + "/git.diff") }
    return try artifacts.store(contentsOf: draft)
  }

  /// Reads a stored record.
  ///
  /// - Throws: `.notFound`, `.corrupt`, `.incompatible`.
  public init(_ digest: Digest, in artifacts: any ArtifactStore) throws {
    let bytes = try artifacts.contents(of: "provenance.json", in: digest, limit: 256 << 20)
    let hasDifference = try artifacts.members(of: digest).contains { $0.path == "git.diff" }
    let difference = hasDifference ? try artifacts.contents(of: "git.diff", in: digest, limit: 64 << 20) : []
    let value: Value
    do {
      value = try Value(json: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw TrackingError(.corrupt, "the provenance record \(digest.hex) cannot be read: \(error)")
    }
    try self.init(value: value, gitDifference: difference)
  }
}
