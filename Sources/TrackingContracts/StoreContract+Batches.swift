internal import Testing
internal import Tracking

extension StoreContract {
  /// What became of each batch: the number of the last change, or why it was refused.
  private static func codes(_ results: [Result<EventNumber, TrackingError>]) -> [TrackingError.Code?] {
    results.map { result in
      if case .failure(let refusal) = result { refusal.code } else { nil }
    }
  }

  static let batches: [ContractCase<Subject>] = [
    demand("batches record changes, then points, in order") { subject in
      let run = NewRun(id: id("r1"), experiment: "e", state: .running, parameters: [Parameter("p", 1)])
      let results = try subject.store.write([
        WriteBatch([.createRun(run)], points: [WriteBatch.Points(run.id, [series("m", [1, 2]), series("n", [3])])]),
        WriteBatch(points: [WriteBatch.Points(run.id, [series("m", [4])])]),
        WriteBatch([.setTag(run.id, name: "t", value: "x"), .transition(run.id, to: .finished, reason: "")]),
        WriteBatch(),
      ])
      #expect(try results.map { try $0.get() } == [1, 1, 3, 3])
      let store = try subject.reopen()
      #expect(try store.points(of: run.id, metric: "m").values == [1, 2, 4])
      #expect(try store.points(of: run.id, metric: "n").values == [3])
      #expect(try store.tags(of: run.id) == ["t": "x"] && store.run(run.id).state == .finished)
      #expect(try store.write([]).isEmpty)
    },
    demand("a batch that is refused leaves no trace, and the others stand") { subject in
      let store = subject.store
      let run = try makeRun(subject, "r1", parameters: [Parameter("p", 1)])
      let results = try store.write([
        WriteBatch([.setTag(run, name: "first", value: "x")]),
        WriteBatch([
          .createRun(NewRun(id: id("r2"), experiment: "fresh", tags: ["fresh tag": "x"])),
          .setTag(run, name: "fresh tag", value: "x"), .setParameter(run, Parameter("p", 2)),
        ]),
        WriteBatch(
          [.setTag(run, name: "fresh tag", value: "x")],
          points: [WriteBatch.Points(run, [series("m", [1])]), WriteBatch.Points(id("none"), [series("m", [1])])]),
        WriteBatch(points: [WriteBatch.Points(run, [series("m", [1]), series("m", [2])])]),
        WriteBatch(points: [WriteBatch.Points(run, [series("", [1])])]),
        WriteBatch(
          [.setParameter(run, Parameter("q", 1))], points: [WriteBatch.Points(run, [series("fresh metric", [7])])]),
      ])
      #expect(codes(results) == [nil, .conflict, .notFound, .invalid, .invalid, nil])
      let after = try subject.reopen()
      refuses(.notFound) { _ = try after.run(id("r2")) }
      #expect(try after.experiments().map(\.name) == ["digits"])
      #expect(try after.tags(of: run) == ["first": "x"])
      #expect(try after.parameters(of: run) == [Parameter("p", 1), Parameter("q", 1)])
      #expect(try after.series(of: run).map(\.name) == ["fresh metric"])
      // Names that a refused batch brought up are none the worse for it.
      try store.commit(.setTag(run, name: "fresh tag", value: "y"))
      #expect(try after.tags(of: run) == ["first": "x", "fresh tag": "y"])
    },
    demand("a later batch sees what an earlier one did") { subject in
      let sweep = try makeSweep(subject, trials: 1).run
      let (run, trial) = (id("r1"), sweep.trial(0))
      let points = [WriteBatch.Points(trial, [series("accuracy", [0.5])])]
      let results = try subject.store.write([
        WriteBatch([.createRun(NewRun(id: run, experiment: "e"))]),
        WriteBatch([.createRun(NewRun(id: run, experiment: "e"))]),
        WriteBatch([.delete(run)]), WriteBatch([.setNote(run, "note")]), WriteBatch([.restore(run)]),
        WriteBatch([.setNote(run, "note")]),
        WriteBatch([.beginAttempt(trial, number: 1, launcher: "local", continues: false)], points: points),
        WriteBatch([
          .transition(trial, to: .running, reason: ""), .endAttempt(trial, number: 1, .lost, detail: ""),
          .beginAttempt(trial, number: 2, launcher: "local", continues: false),
        ]),
        WriteBatch(points: points), WriteBatch(points: points),
        WriteBatch([.transition(trial, to: .finished, reason: "")]), WriteBatch(points: points),
      ])
      #expect(
        codes(results) == [nil, .conflict, nil, .conflict, nil, nil, nil, nil, nil, nil, nil, .conflict])
      #expect(try subject.store.points(of: trial, metric: "accuracy", in: 0..<9, attempt: 1).count == 1)
      #expect(try subject.store.points(of: trial, metric: "accuracy").count == 2)
      #expect(try subject.store.run(run).note == "note")
    },
    demand("points that a client sends again are left out where it says so") { subject in
      let run = try makeRun(subject, "r1")
      typealias Sent = (step: Int64, time: Int64, value: Double)
      func columns(_ points: [Sent]) -> MetricColumns {
        var columns = MetricColumns(name: "m")
        for point in points {
          columns.append(
            MetricPoint(step: point.step, time: Timestamp(milliseconds: point.time), value: point.value))
        }
        return columns
      }
      func send(_ points: [Sent], skipsKnown: Bool = true, to other: (any TrackingStore)? = nil) throws -> Int {
        let store = other ?? subject.store
        _ = try store.write([
          WriteBatch(points: [WriteBatch.Points(run, [columns(points)], skipsKnown: skipsKnown)])
        ]).map { try $0.get() }
        return try store.points(of: run, metric: "m").count
      }
      #expect(try send([(1, 10, 0.5)]) == 1)
      #expect(try send([(1, 10, 0.5)]) == 1)
      // Another value, time or step is another point, earlier or later.
      #expect(try send([(1, 10, 0.25), (1, 9, 0.5), (0, 10, 0.5)]) == 4)
      #expect(try send([(0, 10, 0.5), (2, 20, .nan), (2, 20, .nan), (1, 9, 0.5), (2, 20, 0), (2, 20, -0.0)]) == 7)
      #expect(try subject.store.points(of: run, metric: "m").steps == [1, 1, 1, 0, 2, 2, 2])
      // A whole batch, after many other points and to a store opened anew.
      let batch: [Sent] = (0..<600).map { place -> Sent in (Int64(100 + place / 2), Int64(place), Double(place)) }
      #expect(try send(batch) == 607)
      let others: [Sent] = (0..<300).map { place -> Sent in (Int64(500 + place), 1, 1) }
      #expect(try send(others) == 907)
      #expect(try send(batch) == 907)
      let reversed: [Sent] = Array(batch.reversed()) + [(99, 0, 0)]
      #expect(try send(reversed, to: subject.reopen()) == 908)
      #expect(try subject.store.series(of: run).map(\.count) == [908])
      // What is further back than the window is not looked for.
      let many: [Sent] = (0..<(WriteBatch.Points.knownWindow - 1)).map { place -> Sent in (Int64(900 + place), 2, 2) }
      #expect(try send(many) == 1_907)
      #expect(try send([(99, 0, 0)]) == 1_907)
      #expect(try send([(0, 10, 0.5)]) == 1_908)
      #expect(try send([(0, 10, 0.5), (99, 0, 0)]) == 1_909)
      // Points of one group stay in their order, whoever says so.
      let group = [(7, true), (8, false), (8, true), (7, false)].map { step, skips in
        WriteBatch(points: [WriteBatch.Points(run, [columns([(Int64(step), 0, 0)])], skipsKnown: skips)])
      }
      #expect(try subject.store.write(group).allSatisfy { (try? $0.get()) != nil })
      #expect(try subject.store.points(of: run, metric: "m").steps.suffix(3) == [7, 8, 7])
      // Who does not say so means each of them.
      #expect(try send([(99, 0, 0), (99, 0, 0)], skipsKnown: false) == 1_914)
    },
  ]
}
