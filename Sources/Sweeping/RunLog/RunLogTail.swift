private import Glibc
public import Tracking

/// Takes what a run's process appends to its run log (`RUNS_LOG`, `docs/run-log.md`) into the records, each line once.
///
/// How far it was read is recorded in the transaction that records what was read: whoever goes on after a death goes on
/// there.
public struct RunLogTail {
  /// A part of the log that is to be recorded as a whole.
  public struct Piece {
    /// To be handed to `TrackingWriter.write`; each is refused or recorded by itself.
    public fileprivate(set) var batches: [WriteBatch] = []
    fileprivate var lines: [Int] = []
    fileprivate var problem: String?
    fileprivate var end: off_t = 0
    fileprivate var endLine = 0
    fileprivate var isUnreadable = false
  }

  /// A line longer than this is passed over: a program that never ends its line must not fill the memory.
  private static let longestLine = 1 << 20
  /// How much is read at once.
  private static let pieceBytes = 4 << 20

  private let path: String
  private let workingDirectory: String
  private let run: RunID
  private let attempt: Int
  private let store: any TrackingStore
  private let artifacts: (any ArtifactStore)?
  private let before: [String: Int64]
  private var offset: off_t = 0
  /// How many lines were read.
  private var line = 0
  private var hasProblem = false
  private var isUnreadable = false

  /// Returns where the log of a job is.
  public static func path(inJobDirectory directory: String) -> String { directory + "/log.jsonl" }

  /// Goes on where the records say that reading has come to.
  ///
  /// - Parameters:
  ///   - isNew: true for an attempt that is just being launched: nothing is on record of it.
  ///   - workingDirectory: where the process was started: what paths in the log are relative to.
  ///   - before: of an attempt that goes on from a checkpoint, the largest steps on record when it began, by metric; what
  ///     it logs again counts no more.
  public init(
    jobDirectory: String, workingDirectory: String, run: RunID, attempt: Int, isNew: Bool,
    before: [String: Int64] = [:],
    store: any TrackingStore, artifacts: (any ArtifactStore)?
  ) throws {
    path = RunLogTail.path(inJobDirectory: jobDirectory)
    self.workingDirectory = workingDirectory
    self.run = run
    self.attempt = attempt
    self.before = before
    self.store = store
    self.artifacts = artifacts
    guard !isNew else { return }
    let tags = try store.tags(of: run)
    hasProblem = tags[SweepTag.logProblem] != nil
    let words = tags[SweepTag.logRead]?.split(separator: " ").compactMap { Int64($0) } ?? []
    guard words.count == 3, words[0] == attempt else { return }
    (offset, line) = (off_t(words[1]), Int(words[2]))
  }

  /// True when something was read: the records then hold `SweepTag.logRead`.
  public var hasRead: Bool { offset > 0 }

  /// Reads all that was appended since, and records it.
  ///
  /// - Parameter isEnd: true once the process has ended: a last line without its end counts if it can be read.
  /// - Returns: what could not be taken, in a sentence; nil when all was well or was told before.
  public mutating func read(isEnd: Bool, now: Timestamp) throws -> String? {
    var told: String?
    while let piece = try next(isEnd: isEnd, now: now) {
      let problem = take(piece, try store.write(piece.batches))
      told = told ?? problem
    }
    return told
  }

  /// Reads and records what was appended since by a process whose driver is gone. It may go on writing, so a last line without
  /// its end is left.
  ///
  /// - Returns: how many lines that was; nil for none.
  public mutating func takeRest(now: Timestamp) throws -> Int? {
    let first = line
    _ = try read(isEnd: false, now: now)
    return line > first ? line - first : nil
  }

  /// Returns what was appended since, at most a few MiB; nil for nothing.
  public func next(isEnd: Bool, now: Timestamp) throws -> Piece? {
    guard !isUnreadable else { return nil }
    // Most looks find nothing new, and most jobs have no log.
    var status = stat()
    guard stat(path, &status) == 0, status.st_size > offset else { return nil }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: min(Int(status.st_size - offset), RunLogTail.pieceBytes))
    var count = 0
    while count < bytes.count {
      let step = bytes.withUnsafeMutableBytes {
        pread(file, $0.baseAddress! + count, $0.count - count, offset + off_t(count))
      }
      guard step > 0 else { break }
      count += step
    }
    let isLast = offset + off_t(count) >= status.st_size
    return try piece(bytes[..<count], takesRest: isEnd && isLast, now)
  }

  private func piece(_ bytes: ArraySlice<UInt8>, takesRest: Bool, _ now: Timestamp) throws -> Piece? {
    var draft = RunLogDraft(run: run, before: before, now: now)
    var (start, number) = (bytes.startIndex, line)
    while start < bytes.endIndex, !draft.isUnreadable {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n"))
      guard end != nil || takesRest || bytes.endIndex - start > RunLogTail.longestLine else { break }
      number += 1
      draft.take(bytes[start..<(end ?? bytes.endIndex)], number: number)
      start = end.map { $0 + 1 } ?? bytes.endIndex
    }
    guard start > bytes.startIndex else { return nil }
    var piece = Piece()
    piece.end = offset + off_t(start - bytes.startIndex)
    (piece.endLine, piece.isUnreadable) = (number, draft.isUnreadable)
    try fill(&piece, from: draft, now)
    return piece
  }

  private func fill(_ piece: inout Piece, from draft: RunLogDraft, _ now: Timestamp) throws {
    let columns = draft.hasOpenSteps ? draft.columns(after: try store.series(of: run)) : draft.columns(after: [])
    if !columns.isEmpty { piece.batches.append(WriteBatch(points: [.init(run, columns)])) }
    piece.lines = piece.batches.map { _ in line + 1 }
    for (number, change) in draft.changes {
      piece.batches.append(WriteBatch([change]))
      piece.lines.append(number)
    }
    piece.problem = draft.problem
    for (number, path, name) in draft.artifacts {
      do {
        piece.batches.append(WriteBatch([.attach(try stored(path, name, now))]))
        piece.lines.append(number)
      } catch let error as TrackingError {
        piece.problem = piece.problem ?? "line \(number): \(error.message)"
      }
    }
    var last: [Change] = [
      .setTag(run, name: SweepTag.logRead, value: "\(attempt) \(piece.end) \(piece.endLine)")
    ]
    if let problem = piece.problem, !hasProblem {
      last.append(.setTag(run, name: SweepTag.logProblem, value: "attempt \(attempt), \(problem)"))
    }
    piece.batches.append(WriteBatch(last))
    piece.lines.append(piece.endLine)
  }

  private func stored(_ path: String, _ name: String?, _ now: Timestamp) throws -> Artifact {
    guard let artifacts else { throw TrackingError(.system, "artifacts are not kept here") }
    let place = path.hasPrefix("/") ? path : workingDirectory + "/" + path
    let stored = try artifacts.store(contentsOf: place)
    let last = path.split(separator: "/").last.map(String.init) ?? path
    return Artifact(
      run: run, name: name ?? last, digest: stored.digest, bytes: stored.bytes, contentBytes: stored.contentBytes,
      files: stored.files, time: now)
  }

  /// Notes that a piece is recorded.
  ///
  /// - Parameter results: what the store said to its batches.
  /// - Returns: what could not be taken, in a sentence; nil when all was well or was told before.
  public mutating func take(_ piece: Piece, _ results: [Result<EventNumber, TrackingError>]) -> String? {
    (offset, line, isUnreadable) = (piece.end, piece.endLine, piece.isUnreadable)
    var problem = piece.problem
    for (number, result) in zip(piece.lines, results) {
      if case .failure(let error) = result { problem = problem ?? "line \(number): \(error.message)" }
    }
    guard let problem, !hasProblem else { return nil }
    hasProblem = true
    return "its run log (RUNS_LOG): \(problem)"
  }
}
