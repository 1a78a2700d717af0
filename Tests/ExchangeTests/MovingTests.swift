import Exchange
import Glibc
import SQLTracking
import TarArtifacts
import Testing
import Tracking
import TrackingContracts

/// What `runs` hands to the importer.
private struct FileParts: PartSource {
  let reader: PartFileReader
  var names: [String] { reader.names }
  var bytes: Int64 { reader.bytes }
  func verify(_ progress: (Int) -> Void) throws { try reader.verify(progress) }
  func pieces(of name: String) throws -> () throws -> [UInt8]? { try reader.pieces(of: name) }
}

private struct NewParts: PartSink {
  let writer: PartFileWriter
  func add(_ name: String, bytes: Int64, _ body: (([UInt8]) throws -> Void) throws -> Void) throws {
    try writer.add(name, bytes: bytes, body)
  }
}

extension OwnStore {
  fileprivate func exporting(_ runs: RunID..., to name: String) throws -> (ExportedRuns, bytes: [UInt8]) {
    var writer: PartFileWriter?
    let summary = try RunsExporter(of: tracking, artifacts: artifacts).run(runs, waitingIn: folder("")) {
      let opened = try PartFileWriter(folder(name))
      writer = opened
      return NewParts(writer: opened)
    }
    _ = try writer?.finish()
    return (summary, try #require(ScratchFolder.read(folder(name))))
  }

  fileprivate func importing(file path: String) throws -> ImportedRuns {
    try RunsImporter(from: FileParts(reader: PartFileReader(path)), into: tracking, artifacts: artifacts).run()
  }

  /// True when nothing was ever recorded or stored here.
  fileprivate func isEmpty() throws -> Bool {
    try runs().isEmpty && tracking.experiments().isEmpty
      && runTool("sh", "-c", "test -z \"$(find '\(folder("artifacts"))' -type f 2>/dev/null)\"") == 0
  }

  /// Records a sweep with code, two trials with models, and one metric that takes two pieces.
  fileprivate func makeSweep(points: Int = 3) throws -> RunID {
    let id = try #require(RunID("moving"))
    folder.write("code/train.py", "print('a')\n")
    folder.write("code/deep/er.txt", "x")
    let code = try artifacts.store(contentsOf: folder("code"))
    var spec = SweepSpec(
      experiment: "digits", work: .command("python train.py", code: "/gone", environment: [:]),
      space: try SearchSpace(value: []), strategy: SweepSpec.Choice("random"),
      objective: SweepSpec.Objective(metric: "accuracy", goal: .maximize),
      limits: SweepSpec.Limits(maxTotalTrials: 2), seed: 7)
    spec.surroundings.copiesCode = true
    spec.surroundings.snapshot = code.digest
    // Named by the record, and attached to nothing.
    folder.write("lock", "numpy==2")
    let lock = try artifacts.store(contentsOf: folder("lock"))
    try tracking.commit([
      .createRun(
        NewRun(
          id: id, experiment: "digits", kind: .hyperdrive, state: .queued,
          origin: ["environment": .text("sha256:\(lock.digest.hex)")])),
      .declareSweep(Sweep(run: id, spec: spec, source: "strategy: random\n")),
      .attach(artifact("code", code, of: id)), .transition(id, to: .running, reason: ""),
    ])
    for number in 0..<2 {
      let trial = id.trial(number)
      try tracking.commit([
        .createRun(
          NewRun(
            id: trial, experiment: "digits", kind: .trial, parent: id, number: number,
            parameters: [Parameter("lr", .real(0.5 / Double(number + 1)))])),
        .decide(
          Decision(
            sweep: id, kind: .propose, decider: "random", asOf: try tracking.lastEvent(of: id), trial: number,
            reason: "drawn")),
        .beginAttempt(trial, number: 1, launcher: "local", continues: false),
        .transition(trial, to: .running, reason: ""),
      ])
      let values = (0..<points).map { Double(bitPattern: 0x7FF8_0000_0000_0000 + UInt64($0 * $0)) }
      try tracking.append(
        [
          MetricColumns(
            name: "accuracy", steps: values.indices.map { Int64($0) }, times: values.indices.map { Int64($0 * 7) },
            values: values)
        ], to: trial)
      folder.write("model\(number)", "weights of \(number)")
      try tracking.commit([
        .attach(artifact("model", artifacts.store(contentsOf: folder("model\(number)")), of: trial)),
        .observe(trial, count: points), .endAttempt(trial, number: 1, .exited(0), detail: ""),
        .transition(trial, to: .finished, reason: ""),
      ])
    }
    try tracking.commit(.transition(id, to: .finished, reason: "done"))
    return id
  }

  private func artifact(_ name: String, _ stored: StoredArtifact, of run: RunID) -> Artifact {
    Artifact(
      run: run, name: name, digest: stored.digest, bytes: stored.bytes, contentBytes: stored.contentBytes,
      files: stored.files, time: Timestamp(milliseconds: 0))
  }
}

struct MovingTests {
  @Test func `a sweep that arrived exports to the same bytes, with code, models and what its record names`() throws {
    let (source, target) = (try OwnStore(), try OwnStore())
    let sweep = try source.makeSweep(points: 70_000)
    let (summary, bytes) = try source.exporting(sweep, to: "a.tar.zst")
    #expect(summary.runs == 3 && summary.points == 140_000 && summary.artifacts == 4 && summary.parts.isEmpty)
    #expect(try source.exporting(sweep, to: "b.tar.zst").bytes == bytes)
    let imported = try target.importing(file: source.folder("a.tar.zst"))
    #expect(imported.outcome.added == 3 && imported.artifacts == 4 && imported.outcome.points == 140_000)
    #expect(try target.exporting(sweep, to: "a.tar.zst").bytes == bytes)
    let snapshot = try #require(try target.tracking.sweep(sweep).spec.surroundings.snapshot)
    try target.artifacts.restore(snapshot, to: target.folder("out"), limits: RestoreLimits())
    #expect(ScratchFolder.read(target.folder("out/train.py")) == Array("print('a')\n".utf8))
    let again = try target.importing(file: source.folder("a.tar.zst"))
    #expect(again.outcome.isNothing && again.artifacts == 0 && again.outcome.present == 3)
    // What every tar program sees.
    #expect(runTool("sh", "-c", "cd '\(source.folder(""))' && mkdir t && zstd -dcq a.tar.zst | tar -xf - -C t") == 0)
    #expect(ScratchFolder.names(source.folder("t")) == ["artifacts", "manifest.json", "records.jsonl"])
  }

  @Test func `a trial comes alone, with what it takes to run it again`() throws {
    let (source, target) = (try OwnStore(), try OwnStore())
    let sweep = try source.makeSweep()
    let (summary, _) = try source.exporting(sweep.trial(1), to: "a.tar.zst")
    #expect(summary.runs == 2 && summary.artifacts == 3 && summary.parts == [sweep: 2])
    #expect(try target.importing(file: source.folder("a.tar.zst")).outcome.parts == [sweep: "1 of 2 trials"])
    #expect(try target.tracking.trials(of: sweep, asOf: nil).map(\.number) == [1])
    let snapshot = try #require(try target.tracking.sweep(sweep).spec.surroundings.snapshot)
    #expect(target.artifacts.contains(snapshot))
    _ = try source.exporting(sweep, to: "b.tar.zst")
    #expect(try target.importing(file: source.folder("b.tar.zst")).outcome.added == 1)
    #expect(try target.exporting(sweep, to: "b.tar.zst").bytes == source.exporting(sweep, to: "b.tar.zst").bytes)
  }

  @Test func `a flipped bit is refused with the name of the part, wherever it is`() throws {
    let (source, target) = (try OwnStore(), try OwnStore())
    let (_, bytes) = try source.exporting(try source.makeSweep(), to: "a.tar.zst")
    let names = try PartFileReader(source.folder("a.tar.zst")).names
    var found: Set<String> = []
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] ^= 1 << UInt8(place % 8)
      source.folder.write("d.tar.zst", damaged)
      do {
        let parts = FileParts(reader: try PartFileReader(source.folder("d.tar.zst")))
        if place % 97 == 0 {
          _ = try RunsImporter(from: parts, into: target.tracking, artifacts: target.artifacts).run()
        } else {
          try parts.verify { _ in }
        }
        Issue.record("the bit at byte \(place) was not noticed")
      } catch let error as TrackingError {
        #expect(error.code == .corrupt, "byte \(place): \(error)")
        let named = names.filter { error.message.contains("its part '\($0)'") }
        found.formUnion(named)
        for other in ["the end of its tar", "its index"] where error.message.contains(other) { found.insert(other) }
        #expect(!named.isEmpty || error.message.contains("its index") || error.message.contains("end of its tar"))
      }
    }
    #expect(found == Set(names + ["the end of its tar", "its index"]))
    #expect(try target.isEmpty())
  }

  @Test func `a file that is cut short, or has more at its end, is refused`() throws {
    let (source, target) = (try OwnStore(), try OwnStore())
    let (_, bytes) = try source.exporting(try source.makeSweep(), to: "a.tar.zst")
    for length in stride(from: 0, to: bytes.count, by: 101) {
      source.folder.write("d.tar.zst", Array(bytes[..<length]))
      #expect(throws: TrackingError.self) { try target.importing(file: source.folder("d.tar.zst")) }
    }
    source.folder.write("d.tar.zst", bytes + [0])
    #expect(throws: TrackingError.self) { try target.importing(file: source.folder("d.tar.zst")) }
    source.folder.write("d.tar.zst", bytes + bytes)
    #expect(throws: TrackingError.self) { try target.importing(file: source.folder("d.tar.zst")) }
    #expect(try target.isEmpty())
  }

  // A file of these parts, in this order, all of whose digests are right.
  private func write(_ parts: [(name: String, content: [UInt8])], to path: String) throws {
    let writer = try PartFileWriter(path)
    for part in parts { try writer.add(part.name, bytes: Int64(part.content.count)) { try $0(part.content) } }
    _ = try writer.finish()
  }

  private func parts(of path: String) throws -> [(name: String, content: [UInt8])] {
    let reader = try PartFileReader(path)
    return try reader.names.map { name in
      let next = try reader.pieces(of: name)
      var content: [UInt8] = []
      while let piece = try next() { content += piece }
      return (name, content)
    }
  }

  @Test func `a file that somebody made up is refused by what is wrong in it`() throws {
    let (source, target) = (try OwnStore(), try OwnStore())
    _ = try source.exporting(try source.makeSweep(), to: "a.tar.zst")
    let honest = try parts(of: source.folder("a.tar.zst"))
    func refused(
      _ code: TrackingError.Code, _ words: String, _ change: (inout [(name: String, content: [UInt8])]) -> Void,
      manifest: (String) -> String = { $0 }, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      var parts = honest
      change(&parts)
      // The manifest tells the truth of the records, unless it is to lie.
      var text = String(decoding: parts[0].content, as: UTF8.self)
      let records = parts.first { $0.name == "records.jsonl" }?.content ?? []
      let (old, was) = (Digest(hashing: honest[1].content).hex, honest[1].content.count)
      text = text.replacing(old, with: Digest(hashing: records).hex)
      text = text.replacing("\"bytes\": \(was)", with: "\"bytes\": \(records.count)")
      parts[0].content = Array(manifest(text).utf8)
      try write(parts, to: source.folder("d.tar.zst"))
      do {
        _ = try target.importing(file: source.folder("d.tar.zst"))
        Issue.record("it was taken; expected \(words)", sourceLocation: sourceLocation)
      } catch let error as TrackingError {
        #expect(error.code == code && error.message.contains(words), "\(error)", sourceLocation: sourceLocation)
      }
      #expect(try target.runs().isEmpty, sourceLocation: sourceLocation)
    }
    func records(_ change: (String) -> String) -> (inout [(name: String, content: [UInt8])]) -> Void {
      let text = change(String(decoding: honest[1].content, as: UTF8.self))
      return { $0[1].content = Array(text.utf8) }
    }
    try refused(.invalid, "does not begin with", { $0.swapAt(0, 1) })
    try refused(.invalid, "not those that its manifest names", { $0.append(("../../evil", [1])) })
    try refused(
      .invalid, "no part that such a file has", { _ in }, manifest: { $0.replacing("records.jsonl", with: "../evil") })
    try refused(.incompatible, "newer", { _ in }, manifest: { $0.replacing("\"version\": 1", with: "\"version\": 2") })
    try refused(.invalid, "is no manifest", { _ in }, manifest: { _ in "{" })
    try refused(
      .corrupt, "part 'records.jsonl'", { _ in },
      manifest: {
        $0.replacing(Digest(hashing: honest[1].content).hex, with: Digest(hashing: "x").hex)
      })
    try refused(
      .invalid, "the manifest names 4 runs", { _ in }, manifest: { $0.replacing("\"runs\": 3", with: "\"runs\": 4") })
    try refused(.invalid, "line 1 of", records { "nonsense\n" + $0 })
    try refused(.invalid, "unknown here", records { "{\"magic\":{}}\n" + $0 })
    try refused(
      .invalid, "points of 'accuracy'",
      records { $0.replacing("\"run\":\"moving-0\",\"series\"", with: "\"run\":\"other\",\"series\"") })
    try refused(
      .invalid, "does not come along",
      records { $0.replacing("\"experiment\":\"digits\"", with: "\"experiment\":\"other\"") })
    try refused(
      .invalid, "which does not come along",
      records { text in
        guard let place = text.firstRange(of: "\"digest\":\"") else { return text }
        let rest = text[place.upperBound...].dropFirst(64)
        return text[..<place.upperBound] + Digest(hashing: "absent").hex + rest
      })
    // A tarball whose digest is right and that no restore would take.
    let bad = Array("no tarball".utf8)
    let last = honest[honest.count - 1]
    let oldDigest = Digest(hashing: last.content).hex
    try refused(
      .corrupt, Digest(hashing: bad).hex,
      { parts in
        parts[parts.count - 1] = ("artifacts/\(Digest(hashing: bad).hex).tar.zst", bad)
        parts[1].content = Array(
          String(decoding: parts[1].content, as: UTF8.self).replacing(oldDigest, with: Digest(hashing: bad).hex).utf8)
      },
      manifest: {
        $0.replacing(oldDigest, with: Digest(hashing: bad).hex).replacing(
          "\"bytes\": \(last.content.count)", with: "\"bytes\": \(bad.count)")
      })
  }

  @Test func `an import that is killed anywhere and repeated is the same`() throws {
    let source = try OwnStore()
    let sweep = try source.makeSweep()
    let (_, bytes) = try source.exporting(sweep, to: "a.tar.zst")
    var moment = 1
    while true {
      let store = try OwnStore()
      let code = try importing(source.folder("a.tar.zst"), to: store.folder(""), dyingAt: moment)
      if code == 0 { break }
      #expect(code == SIGKILL)
      // All of the records are here, or none.
      let runs = try store.runs().count
      #expect(runs == 0 || runs == 3)
      _ = try store.importing(file: source.folder("a.tar.zst"))
      #expect(try store.exporting(sweep, to: "b.tar.zst").bytes == bytes, "killed at moment \(moment)")
      #expect(try store.tracking.problems() == [])
      moment += 1
    }
    #expect(moment > 20)
  }
}
