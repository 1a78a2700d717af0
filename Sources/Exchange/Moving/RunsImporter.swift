public import Tracking

/// Brings the runs of a file into a store, all of them or none.
///
/// Everything is verified before anything is written. Then tarballs that are not here are stored, then all records are written
/// in one commit: killed in between, tarballs are here that no record names, and the next import finds them.
public final class RunsImporter {
  private let source: any PartSource
  private let store: any HistoryStore
  private let artifacts: any ArtifactStore
  private let progress: (MovingProgress) -> Void

  /// Makes an importer.
  ///
  /// - Parameter progress: told now and then how far it is.
  public init(
    from source: any PartSource, into store: any HistoryStore, artifacts: any ArtifactStore,
    progress: @escaping (MovingProgress) -> Void = { _ in }
  ) {
    self.source = source
    self.store = store
    self.artifacts = artifacts
    self.progress = progress
  }

  /// Imports everything.
  ///
  /// - Throws: `.corrupt` naming the part that is damaged; `.invalid` naming the record that makes no sense; `.conflict` naming
  ///   the run that is here with other content. Nothing was recorded then.
  public func run() throws -> ImportedRuns {
    var done: Int64 = 0
    try source.verify { count in
      done += Int64(count)
      progress(MovingProgress(deed: "verifying", done: done, total: source.bytes))
    }
    let manifest = try readManifest()
    var summary = ImportedRuns(check: try check(manifest))
    for (place, part) in manifest.parts.dropFirst().enumerated() {
      progress(
        MovingProgress(deed: "storing artifacts", done: Int64(place), total: Int64(manifest.parts.count - 1)))
      if try adopt(part) { summary.artifacts += 1 }
    }
    guard !summary.outcome.isNothing else { return summary }
    let outcome = try reading(manifest, "recording") { next in
      try store.recordHistories(of: summary.outcome.changedFamilies, next)
    }
    // Families that were left out were counted by the check.
    summary.outcome.parts = outcome.parts
    return summary
  }

  private func readManifest() throws -> ExportManifest {
    guard source.names.first == ExportManifest.name else {
      throw TrackingError(.invalid, "the file does not begin with the part '\(ExportManifest.name)'")
    }
    guard source.names.count <= ExportManifest.mostParts else {
      throw TrackingError(.invalid, "the file has \(source.names.count) parts, more than the limit")
    }
    let next = try source.pieces(of: ExportManifest.name)
    var text: [UInt8] = []
    while let piece = try next() {
      text += piece
      guard text.count <= ExportManifest.largest else {
        throw TrackingError(
          .invalid, "the part '\(ExportManifest.name)' is larger than \(ExportManifest.largest) bytes")
      }
    }
    let manifest = try ExportManifest(text: text)
    guard manifest.parts.map(\.name) == Array(source.names.dropFirst()) else {
      throw TrackingError(.invalid, "the parts of the file are not those that its manifest names")
    }
    return manifest
  }

  /// Reads the records through, and compares them with the manifest and with what is here.
  private func check(_ manifest: ExportManifest) throws -> HistoryOutcome {
    let known = manifest.artifacts
    var runs = 0
    var points = 0
    func need(_ digest: Digest, _ owner: String) throws {
      guard known.contains(digest) else {
        throw TrackingError(.invalid, "\(owner) has the tarball \(digest), which does not come along")
      }
    }
    let outcome = try reading(manifest, "checking records") { next in
      try store.checkHistories {
        guard let record = try next() else { return nil }
        switch record {
        case .run(let history):
          runs += 1
          for artifact in history.artifacts {
            try need(artifact.digest, "artifact '\(artifact.name)' of run '\(history.run.id)'")
          }
          if let sweep = history.sweep, manifest.partialSweeps[history.run.id] != (sweep.isWhole ? nil : sweep.trials) {
            throw TrackingError(.invalid, "sweep '\(history.run.id)' and the manifest differ in whether it is whole")
          }
        case .points(let piece): points += piece.columns.count
        case .model(let model, let files):
          for file in files { try need(file.digest, "file '\(file.path)' of logged model '\(model.id)'") }
        case .experiment, .family: break
        }
        return record
      }
    }
    guard runs == manifest.runs, points == manifest.points else {
      throw TrackingError(
        .invalid,
        "the manifest names \(manifest.runs) runs and \(manifest.points) points, and the records have \(runs) and \(points)"
      )
    }
    return outcome
  }

  /// Hands the records to a closure, which reads all of them, and checks their digest at the end.
  private func reading(
    _ manifest: ExportManifest, _ deed: String, _ body: (() throws -> HistoryRecord?) throws -> HistoryOutcome
  ) throws -> HistoryOutcome {
    let part = manifest.parts[0]
    let lines = RecordLines(try source.pieces(of: part.name))
    return try body {
      let record = try lines.record()
      progress(MovingProgress(deed: deed, done: lines.bytes, total: part.bytes))
      // Before the store is told that this was all, so that it records nothing otherwise.
      if record == nil, lines.bytes != part.bytes || lines.digest() != part.digest {
        throw TrackingError(.corrupt, "the part '\(part.name)' does not have the SHA-256 that the manifest says")
      }
      return record
    }
  }

  private func adopt(_ part: ExportManifest.Part) throws -> Bool {
    guard !artifacts.contains(part.digest) else { return false }
    let next = try source.pieces(of: part.name)
    var rest = part.bytes
    try artifacts.adopt(part.digest) {
      guard let piece = try next() else { return nil }
      rest -= Int64(piece.count)
      guard rest >= 0 else {
        throw TrackingError(.invalid, "the part '\(part.name)' is longer than the manifest says")
      }
      return piece
    }
    return true
  }
}

/// What an import did.
public struct ImportedRuns: Sendable, Equatable {
  /// What came of the records.
  public var outcome: HistoryOutcome
  /// Tarballs that were not here.
  public var artifacts = 0

  init(check outcome: HistoryOutcome) { self.outcome = outcome }
}
