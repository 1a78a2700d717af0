internal import Glibc
internal import SQL
public import Tracking

extension SQLTrackingStore {
  /// Returns a logger for single points of a run's counted attempt; see `TrackingWriter`.
  public func logger(for run: RunID) throws -> any MetricLogger {
    let target = try reading { try open(run, in: $0) }
    guard let journalFolder else { return DirectLogger(store: self, run: run) }
    let journal = try MetricJournal.make(in: journalFolder, run: run, attempt: target.countedAttempt)
    return try JournaledLogger(journal, store: self, row: target.row)
  }

  /// Makes readable what loggers of dead processes left behind; does nothing when there is nothing.
  ///
  /// A journal whose run is not in this store is set aside under another name.
  public func recoverMetrics() throws {
    guard let journalFolder, let folder = opendir(journalFolder) else { return }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasSuffix(".journal"), let journal = try MetricJournal.takeOver("\(journalFolder)/\(name)")
      else { continue }
      try recover(journal)
    }
    try forgetJournals(in: journalFolder)
  }

  private func recover(_ journal: MetricJournal) throws {
    let (row, taken) = try reading { connection in
      (
        try RunRecord.find(journal.run, in: connection)?.row,
        try connection.firstInteger("SELECT folded FROM journals WHERE id = $1", [.text(journal.id)]) ?? 0
      )
    }
    guard let row else {
      rename(journal.path, journal.path + ".orphan")
      return
    }
    var next = UInt64(taken)
    let end = next + UInt64(journal.count(from: next))
    repeat {
      let range = next..<min(end, next + 4_096)
      next = range.upperBound
      try takeOver(
        journal.points(range, names: journal.names), of: journal, row: row, upTo: next, next == end ? .full : .relaxed)
    } while next < end
    journal.remove()
  }

  /// Writes points of a journal, and in the same transaction how far it has been taken over.
  func takeOver(
    _ columns: [MetricColumns], of journal: MetricJournal, row: Int64, upTo number: UInt64, _ durability: SQLDurability
  ) throws {
    try writing(durability) { connection, fresh in
      if !columns.isEmpty {
        let counted = try connection.firstInteger("SELECT counted_attempt FROM runs WHERE id = $1", [.integer(row)])
        try append(
          columns, to: row, attempt: journal.attempt, isCounted: counted == Int64(journal.attempt), in: connection,
          fresh: &fresh)
      }
      try connection.run(
        "INSERT INTO journals (id, folded) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET folded = excluded.folded",
        [.text(journal.id), .integer(Int64(number))])
    }
  }

  /// Forgets journals that are gone, once there are many.
  ///
  /// What was taken over of a journal must be remembered for as long as its file may come back, after a power cut.
  private func forgetJournals(in folder: String) throws {
    let known = try reading { try $0.rows("SELECT id FROM journals LIMIT 100") { try $0.text(0) } }
    guard known.count == 100 else { return }
    let file = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard file >= 0 else { return }
    let isSynced = fsync(file) == 0
    Glibc.close(file)
    guard isSynced else { return }
    let gone = known.filter { access("\(folder)/\($0)", F_OK) != 0 }
    try writing(.relaxed) { connection, _ in
      for id in gone { try connection.run("DELETE FROM journals WHERE id = $1", [.text(id)]) }
    }
  }
}
