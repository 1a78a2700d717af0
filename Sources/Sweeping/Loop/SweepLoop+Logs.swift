internal import Tracking

extension SweepLoop {
  /// Begins to read, or goes on reading, the run log of a trial's attempt.
  ///
  /// - Parameter isNew: true for an attempt that is just being launched.
  func log(of number: Int, in directory: String, isNew: Bool) throws -> RunLogTail? {
    // A trainer logs by its session.
    guard !isTrainer else { return nil }
    return try RunLogTail(
      jobDirectory: directory, workingDirectory: recipe.workingDirectory(inJobDirectory: directory),
      run: trials[number].run, attempt: trials[number].attempts, isNew: isNew,
      before: try pointsBefore(number).mapValues(\.largestStep), store: store, artifacts: driver.artifacts)
  }

  /// Records what trials have appended to their run logs, of all of them in one transaction.
  ///
  /// - Parameter isEnd: true once their processes have ended.
  func takeLogs(of jobs: [ActiveJob], isEnd: Bool) throws -> [Int: RunLogTail] {
    var tails: [Int: RunLogTail] = [:]
    for job in jobs { tails[job.trial] = job.log }
    var open = tails
    while !open.isEmpty {
      var pieces: [(trial: Int, piece: RunLogTail.Piece)] = []
      for (trial, tail) in open.sorted(by: { $0.key < $1.key }) {
        if let piece = try tail.next(isEnd: isEnd, now: now) { pieces.append((trial, piece)) }
      }
      guard !pieces.isEmpty else { return tails }
      fault.pass()
      var results = try store.write(pieces.flatMap(\.piece.batches))[...]
      fault.pass()
      open = [:]
      for (trial, piece) in pieces {
        let own = Array(results.prefix(piece.batches.count))
        results = results.dropFirst(piece.batches.count)
        if let problem = tails[trial]?.take(piece, own) { note(trial, nil, problem) }
        open[trial] = tails[trial]
      }
    }
    return tails
  }

  // MARK: - Points in the output

  /// Records what the patterns find in a job's output.
  ///
  /// A metric that the trial logs itself, too, is not to have its points twice: what it logs counts, and from then on what
  /// the output says is passed over, which is told once and recorded.
  func takeOutput(_ scan: inout OutputScan?, of job: ActiveJob, isEnd: Bool) throws {
    guard var columns = scan?.next(isEnd: isEnd, now: now), !columns.isEmpty else { return }
    let run = trials[job.trial].run
    let known = Dictionary(uniqueKeysWithValues: try store.series(of: run).map { ($0.name, $0.count) })
    let twice = columns.filter { known[$0.name, default: 0] > (scan?.count(of: $0.name) ?? 0) - $0.count }.map(\.name)
    if !twice.isEmpty {
      scan?.passOver(twice)
      columns.removeAll { twice.contains($0.name) }
      let all = (scan?.passedOver ?? []).sorted()
      try commit([
        .setTag(run, name: SweepTag.loggedTwice, value: "\(job.attempt) \(Value.list(all.map { .text($0) }).json)")
      ])
      let names = twice.map { "'\($0)'" }.joined(separator: ", ")
      note(job.trial, nil, "it logs \(names) itself, so what its output says of that is passed over")
    }
    guard !columns.isEmpty else { return }
    fault.pass()
    try store.append(columns, to: run)
    fault.pass()
  }

  /// The metrics whose output is passed over, of a trial's last attempt.
  func loggedTwice(_ tags: [String: String], attempt: Int) -> Set<String> {
    let parts = tags[SweepTag.loggedTwice]?.split(separator: " ", maxSplits: 1) ?? []
    guard parts.count == 2, Int(parts[0]) == attempt, let names = try? Value(json: String(parts[1])).list else {
      return []
    }
    return Set(names.compactMap(\.text))
  }
}
