internal import Glibc
public import Tracking

/// Writes runs with everything that belongs to them into the parts of a file, for another store.
///
/// The same records make the same parts. The file's format is told in docs/design/export-file.md.
public final class RunsExporter {
  private let store: any HistoryStore
  private let artifacts: any ArtifactStore
  private let progress: (MovingProgress) -> Void

  /// Makes an exporter.
  ///
  /// - Parameter progress: told now and then how far it is.
  public init(
    of store: any HistoryStore, artifacts: any ArtifactStore, progress: @escaping (MovingProgress) -> Void = { _ in }
  ) {
    self.store = store
    self.artifacts = artifacts
    self.progress = progress
  }

  /// Exports runs, with those that belong to them.
  ///
  /// - Parameters:
  ///   - folder: where the records wait, without a name, until their digest is known.
  ///   - open: opens the file; called once all records could be read.
  /// - Throws: `.notFound` for an unknown run, and for an artifact whose tarball is not here.
  public func run(_ runs: [RunID], waitingIn folder: String, into open: () throws -> any PartSink) throws
    -> ExportedRuns
  {
    let records = try Waiting(in: folder)
    let content = try write(runs, to: records)
    let digests = content.digests.sorted()
    var parts = [ExportManifest.Part(name: ExportManifest.recordsName, bytes: records.bytes, digest: records.digest())]
    var total: Int64 = 0
    for digest in digests {
      var bytes = content.bytes[digest] ?? 0
      // What is named without being attached has no recorded length.
      if content.bytes[digest] == nil { try artifacts.readTarball(digest) { bytes += Int64($0.count) } }
      parts.append(ExportManifest.Part(name: ExportManifest.artifactName(digest), bytes: bytes, digest: digest))
      total += bytes
      progress(MovingProgress(deed: "checking artifacts", done: Int64(parts.count - 1), total: Int64(digests.count)))
    }
    let manifest = ExportManifest(
      parts: parts, runs: content.summary.runs, points: content.summary.points,
      partialSweeps: content.partialSweeps)
    let sink = try open()
    let text = manifest.text
    try sink.add(ExportManifest.name, bytes: Int64(text.count)) { try $0(text) }
    total += records.bytes
    var done: Int64 = 0
    func tell(_ bytes: Int) {
      done += Int64(bytes)
      progress(MovingProgress(deed: "writing", done: done, total: total))
    }
    try sink.add(ExportManifest.recordsName, bytes: records.bytes) { write in
      try records.forEachPiece {
        try write($0)
        tell($0.count)
      }
    }
    for (part, digest) in zip(parts.dropFirst(), digests) {
      try sink.add(part.name, bytes: part.bytes) { write in
        try artifacts.readTarball(digest) {
          try write($0)
          tell($0.count)
        }
      }
    }
    var summary = content.summary
    (summary.artifacts, summary.parts) = (digests.count, content.partialSweeps)
    return summary
  }

  /// What the records hold.
  private struct Content {
    var summary = ExportedRuns()
    var digests: Set<Digest> = []
    /// The lengths of those tarballs that a record tells.
    var bytes: [Digest: Int64] = [:]
    var partialSweeps: [RunID: Int] = [:]
  }

  private func write(_ runs: [RunID], to records: Waiting) throws -> Content {
    var content = Content()
    try store.readHistories(of: runs) { record in
      switch record {
      case .run(let history):
        content.summary.runs += 1
        try add(history, to: &content)
        progress(MovingProgress(deed: "reading runs", done: Int64(content.summary.runs), total: nil))
      case .points(let points): content.summary.points += points.columns.count
      case .model(let model, let files):
        content.summary.models += 1
        for file in files {
          try need(file.digest, file.bytes, "file '\(file.path)' of logged model '\(model.id)'", &content)
        }
      case .experiment, .family: break
      }
      try records.write(Array((record.wire.json + "\n").utf8))
    }
    return content
  }

  private func add(_ history: RunHistory, to content: inout Content) throws {
    let run = history.run
    for artifact in history.artifacts {
      try need(artifact.digest, artifact.bytes, "artifact '\(artifact.name)' of run '\(run.id)'", &content)
    }
    // What a record names without attaching it: the code of a sweep, what a run was captured with.
    var named = run.origin.namedDigests
    for parameter in history.parameters { named.formUnion(parameter.value.namedDigests) }
    for value in history.tags.values { named.formUnion(Digest.named(in: value)) }
    if let sweep = history.sweep {
      named.formUnion(sweep.spec.namedDigests)
      if !sweep.isWhole { content.partialSweeps[run.id] = sweep.trials }
    }
    content.digests.formUnion(named.filter { artifacts.contains($0) })
  }

  private func need(_ digest: Digest, _ bytes: Int64, _ owner: String, _ content: inout Content) throws {
    content.bytes[digest] = bytes
    guard content.digests.insert(digest).inserted, !artifacts.contains(digest) else { return }
    throw TrackingError(
      .notFound,
      "\(owner) has the tarball \(digest), which is not in this store, so the run cannot be exported whole; `runs fsck` "
        + "names everything that is missing")
  }
}

/// What an export wrote.
public struct ExportedRuns: Sendable, Equatable {
  /// Runs, those above the ones that were named included.
  public var runs = 0
  /// Points.
  public var points = 0
  /// Logged models.
  public var models = 0
  /// Tarballs.
  public var artifacts = 0
  /// Of sweeps that did not come whole: how many trials they have.
  public var parts: [RunID: Int] = [:]
}

/// Bytes that wait in a file without a name, which is gone when this process is.
private final class Waiting {
  private let file: Int32
  private let folder: String
  private var hasher = Digest.Hasher()
  private var buffer: [UInt8] = []
  private(set) var bytes: Int64 = 0

  init(in folder: String) throws {
    self.folder = folder
    var template = Array((folder + "/.runs-export-XXXXXX").utf8CString)
    file = mkstemp(&template)
    guard file >= 0 else { throw TrackingError(cannot: "write a file in", folder) }
    unlink(template)
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(file) }

  func write(_ more: [UInt8]) throws {
    hasher.update(more)
    bytes += Int64(more.count)
    buffer += more
    if buffer.count >= 1 << 20 { try flush() }
  }

  private func flush() throws {
    var done = 0
    while done < buffer.count {
      let count = buffer.withUnsafeBytes { Glibc.write(file, $0.baseAddress! + done, $0.count - done) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw TrackingError(cannot: "write a file in", folder) }
      done += count
    }
    buffer.removeAll(keepingCapacity: true)
  }

  func digest() -> Digest { hasher.finalize() }

  func forEachPiece(_ body: ([UInt8]) throws -> Void) throws {
    try flush()
    var offset = 0
    while offset < bytes {
      var count = 0
      let piece = [UInt8](unsafeUninitializedCapacity: 1 << 18) { place, filled in
        count = pread(file, place.baseAddress, place.count, offset)
        filled = max(0, count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw TrackingError(cannot: "read a file in", folder) }
      offset += count
      try body(piece)
    }
  }
}
