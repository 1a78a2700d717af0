internal import Tracking

extension Importer {
  /// Compares a run that is here already with the source's; what of its files is missing is added, as an interrupted
  /// repair leaves it.
  ///
  /// - Returns: true.
  func compare(_ row: RunRow, with present: Run) throws -> Bool {
    let run = row.run
    var differences: [String] = []
    if present.experiment != run.experiment { differences.append("experiment '\(present.experiment)'") }
    if present.name != run.name { differences.append("name") }
    if present.state != run.state, run.state.isFinal || present.state.isFinal || run.state == .running {
      differences.append("state (\(present.state.rawValue) here, \(run.state.rawValue) there)")
    }
    if run.started != nil, present.started != run.started { differences.append("start") }
    if run.state.isFinal, let ended = run.ended, present.ended != ended { differences.append("end") }
    if present.parent != run.parent { differences.append("parent") }
    let parameters = try store.parameters(of: run.id).byName
    for parameter in row.parameters where parameters[parameter.name] != parameter.value {
      differences.append("parameter '\(parameter.name)'")
    }
    let tags = try store.tags(of: run.id)
    for name in row.tags.keys.sorted() where tags[name] != row.tags[name] { differences.append("tag '\(name)'") }
    let series = Dictionary(try store.series(of: run.id).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    for metric in row.metrics {
      guard let here = series[metric.name], here.last == metric.last, [0, here.count].contains(metric.count) else {
        differences.append("metric '\(metric.name)'")
        continue
      }
    }
    if differences.isEmpty { differences = try complete(row, present) }
    guard differences.isEmpty else {
      let shown = differences.prefix(5).joined(separator: ", ")
      summary.differing.append(
        "run '\(run.id)' is here with other content, so it is left alone: it differs in \(shown)"
          + (differences.count > 5 ? " and \(differences.count - 5) more" : ""))
      return true
    }
    summary.present += 1
    if run.deleted != nil, present.deleted == nil { try store.commit(.delete(run.id)) }
    return true
  }

  // Adds files that are missing here.
  private func complete(_ row: RunRow, _ present: Run) throws -> [String] {
    let here = Dictionary(
      try store.artifacts(of: present.id).map { ($0.name, $0.contentBytes) }, uniquingKeysWith: { $1 })
    guard
      let place = try reading("run '\(present.id)'", { try source.artifactPlace(of: row) }) ?? nil,
      let there = try reading("artifacts of run '\(present.id)'", { try foreignFiles.files(at: place) })
    else { return [] }
    let other = there.filter { here[$0.path] != nil && here[$0.path] != $0.bytes }
    guard other.isEmpty else { return other.map { "artifact '\($0.path)'" } }
    guard there.contains(where: { here[$0.path] == nil }) else { return [] }
    guard present.deleted == nil else { return ["artifacts"] }
    let added = try storedFiles(of: row, besides: Set(here.keys))
    if !added.isEmpty { try store.commit(added.map { .attach($0) }) }
    return []
  }

  /// Stores a run's files.
  ///
  /// - Parameter besides: paths that are left out.
  func storedFiles(of row: RunRow, besides: Set<String>) throws -> [Artifact] {
    let owner = "run '\(row.run.id)'"
    guard let place = try source.artifactPlace(of: row) else { return [] }
    return try keep(filesAt: place, of: owner, besides: besides).map { file, stored in
      Artifact(
        run: row.run.id, name: file.path, digest: stored.digest, bytes: stored.bytes,
        contentBytes: stored.contentBytes, files: stored.files, time: row.run.ended ?? row.run.created)
    }
  }

  /// Stores the files at a place; one that cannot be read is told and left out.
  func keep(
    filesAt place: String, of owner: String, besides: Set<String> = []
  ) throws -> [(ForeignFile, StoredArtifact)] {
    guard let files = try reading("artifacts of \(owner)", { try foreignFiles.files(at: place) }) else { return [] }
    var stored: [(ForeignFile, StoredArtifact)] = []
    for file in files where !besides.contains(file.path) {
      show("\(file.path) of \(owner)")
      do {
        let artifact = try foreignFiles.withFile(file, at: place) { try artifacts.store(contentsOf: $0) }
        stored.append((file, artifact))
        summary.files += 1
        summary.bytes += file.bytes
      } catch let error as TrackingError where error.code != .system && error.code != .busy {
        report("artifact '\(file.path)' of \(owner): \(error.message)")
      }
    }
    return stored
  }
}
