internal import Testing
internal import Tracking

extension StoreContract {
  static let oddValues: [Double] = [
    0, -0.0, 1, -1, 0.1, .nan, .signalingNaN, -.nan, Double(nan: 0x1234, signaling: false), .infinity, -.infinity,
    .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .pi,
    9_007_199_254_740_994,
  ]

  static let metrics: [ContractCase<Subject>] = [
    demand("every bit pattern of a value comes back, alone and together") { subject in
      let run = try makeRun(subject, "r1")
      for (index, value) in oddValues.enumerated() { try log(subject, run, "m\(index)", [value]) }
      try log(subject, run, "all", oddValues)
      let store = try subject.reopen()
      for (index, value) in oddValues.enumerated() {
        #expect(try store.points(of: run, metric: "m\(index)").values.map(\.bitPattern) == [value.bitPattern])
      }
      #expect(
        try store.points(of: run, metric: "all").values.map(\.bitPattern) == oddValues.map(\.bitPattern))
      for series in try store.series(of: run) where series.name != "all" {
        let value = oddValues[Int(series.name.dropFirst()) ?? 0]
        #expect(series.last.value.bitPattern == value.bitPattern)
        #expect(series.minimum?.value.bitPattern == (value.isFinite ? value.bitPattern : nil))
        #expect(series.maximum == series.minimum)
      }
    },
    demand("steps and times come back in the order of logging, whatever they are") { subject in
      let run = try makeRun(subject, "r1")
      let steps: [Int64] = [5, 5, 3, .max, .min, 0, -1]
      let times: [Int64] = [0, .min, .max, 1_700_000_000_000, 1, 1, 0]
      let values = steps.indices.map(Double.init)
      try subject.store.append([MetricColumns(name: "m", steps: steps, times: times, values: values)], to: run)
      let points = try subject.reopen().points(of: run, metric: "m")
      #expect(points.steps == steps && points.times == times && points.values == values)
      #expect(try subject.store.series(of: run)[0].largestStep == .max)
    },
    demand("appends of every size add up to one series, readable by any range") { subject in
      let run = try makeRun(subject, "r1")
      var expected: [Double] = []
      let sizes =
        Array(repeating: 1, count: 100) + [7, 8, 9, 63, 64, 65] + Array(repeating: 30, count: 30) + [
          511, 1, 512, 1, 600,
        ]
        + [1, 4_095, 4_096, 4_097, 2, 10_000, 3]
      for size in sizes {
        let values = (0..<size).map { 1 / Double(expected.count + $0 + 1) }
        try subject.store.append([series("m", values, from: Int64(expected.count))], to: run)
        expected += values
      }
      for store in [subject.store, try subject.reopen()] {
        let points = try store.points(of: run, metric: "m")
        #expect(points.values == expected)
        #expect(points.steps == (0..<expected.count).map { Int64($0) })
        let count = expected.count
        for range in [0..<1, 99..<101, 4_000..<9_000, (count - 1)..<count, (count - 3)..<(count + 9), 50..<50] {
          #expect(
            try store.points(of: run, metric: "m", in: range, attempt: nil).values
              == Array(expected[range.clamped(to: 0..<count)]))
        }
        #expect(try store.points(of: run, metric: "m", in: count..<Int.max, attempt: nil).count == 0)
      }
      let summary = try subject.store.series(of: run)[0]
      #expect(summary.count == expected.count && summary.last.value == expected.last)
      #expect(summary.maximum?.value == 1 && summary.minimum?.value == expected.last)
    },
    demand("a summary names the last, smallest and largest point and leaves out what is not finite") { subject in
      let run = try makeRun(subject, "r1")
      func summary(_ name: String) throws -> SeriesSummary? {
        try subject.reopen().series(of: run).first { $0.name == name }
      }
      try log(subject, run, "m", [.nan, .infinity, -.infinity])
      let odd = try summary("m")
      #expect(odd?.minimum == nil && odd?.maximum == nil && odd?.count == 3 && odd?.last.value == -.infinity)
      try subject.store.append([series("m", [2, 1, 3, 1, 3, .nan], from: 3)], to: run)
      let mixed = try summary("m")
      #expect(mixed?.minimum.map { [$0.step, $0.time.milliseconds] } == [4, 4_000])
      #expect(mixed?.maximum?.step == 5)
      #expect(mixed?.last.value.isNaN == true && mixed?.count == 9 && mixed?.largestStep == 8)
      #expect(mixed?.best(.minimize)?.value == 1 && mixed?.best(.maximize)?.value == 3)
      // The first of equals counts, and -0 equals 0.
      try subject.store.append([series("zero", [0.0, -0.0, 0.0])], to: run)
      #expect(try summary("zero")?.minimum == MetricPoint(step: 0, time: Timestamp(milliseconds: 0), value: 0.0))
    },
    demand("the latest point has the largest step, then time, then value; the last was logged last") { subject in
      let run = try makeRun(subject, "r1")
      func check(_ name: String, _ points: [(Int64, Int64, Double)], latest: Int) throws {
        func columns(_ points: some Sequence<(Int64, Int64, Double)>) -> MetricColumns {
          var columns = MetricColumns(name: name)
          for (step, time, value) in points {
            columns.append(MetricPoint(step: step, time: Timestamp(milliseconds: time), value: value))
          }
          return columns
        }
        let all = columns(points)
        for point in points { try subject.store.append([columns([point])], to: run) }
        let other = try makeRun(subject, "together-\(name)")
        try subject.store.append([all], to: other)
        for run in [run, other] {
          let found = try subject.reopen().series(of: run).first { $0.name == name }
          #expect(found?.latest == all[latest] && found?.last == all[all.count - 1], "\(name)")
          let finite = points.map(\.2).filter(\.isFinite)
          #expect(found?.minimum?.value == finite.min() && found?.maximum?.value == finite.max())
        }
        let value = all[latest].value
        guard !value.isNaN else { return }
        let filter = [FilterClause(.metric(name), .number(.equal, value))]
        #expect(try subject.store.runs(matching: RunQuery(filter: filter)).rows.count == 2)
      }
      try check("step", [(0, 0, 1), (5, 0, 2), (3, 9, 3)], latest: 1)
      try check("time", [(5, 7, 1), (5, 3, 2), (5, 6, 3)], latest: 0)
      try check("value", [(5, 7, 1), (5, 7, 4), (5, 7, 3)], latest: 1)
      try check("nan", [(5, 7, .nan), (5, 7, -.infinity), (5, 7, .nan)], latest: 1)
      try check("nan-last", [(5, 7, 2), (6, 7, .nan), (5, 9, 4)], latest: 1)
      try check("falling", [(9, 0, -0.0), (8, 0, 3), (7, 0, .infinity)], latest: 0)
      try check("rising", [(1, 0, 1), (2, 0, 2), (2, 1, 3)], latest: 2)
    },
    demand("several series are appended together or not at all") { subject in
      let run = try makeRun(subject, "r1")
      try subject.store.append([series("a", [1]), series("b", [2, 3])], to: run)
      #expect(try subject.store.series(of: run).map(\.name) == ["a", "b"])
      #expect(try subject.store.series(of: run).map(\.count) == [1, 2])
      refuses(.invalid) { try subject.store.append([series("a", [1]), series("", [2])], to: run) }
      refuses(.invalid) { try subject.store.append([series("a", [1]), series("c", [])], to: run) }
      refuses(.invalid, "twice") { try subject.store.append([series("a", [1]), series("a", [2])], to: run) }
      try subject.store.append([], to: run)
      #expect(try subject.store.series(of: run).map(\.count) == [1, 2])
    },
    demand("the same point appended twice is there twice") { subject in
      let run = try makeRun(subject, "r1")
      try log(subject, run, "m", [0.5])
      try log(subject, run, "m", [0.5])
      #expect(try subject.store.points(of: run, metric: "m").values == [0.5, 0.5])
    },
    demand("a series that is not there has no points") { subject in
      let run = try makeRun(subject, "r1")
      try log(subject, try makeRun(subject, "r2"), "m", [1])
      #expect(try subject.store.points(of: run, metric: "m").count == 0)
      #expect(try subject.store.points(of: run, metric: "none").count == 0)
      #expect(try subject.store.points(of: run, metric: "none").name == "none")
    },
    demand("a trial that has ended takes no more metrics") { subject in
      let sweep = try makeSweep(subject, trials: 4).run
      for (number, state) in [RunState.finished, .failed, .canceled, .pruned].enumerated() {
        let run = sweep.trial(number)
        try subject.store.commit(.transition(run, to: .running, reason: ""))
        try log(subject, run, "m", [1])
        try subject.store.commit(.transition(run, to: state, reason: ""))
        refuses(.conflict, state.rawValue) { try log(subject, run, "m", [2]) }
        refuses(.conflict, state.rawValue) { _ = try subject.store.logger(for: run) }
        #expect(try subject.store.points(of: run, metric: "m").values == [1])
      }
    },
    demand("a run on its own takes metrics after its end, as scripts log them") { subject in
      let run = try makeRun(subject, "r1")
      try subject.store.commit(.transition(run, to: .finished, reason: ""))
      try log(subject, run, "m", [1])
      let logger = try subject.store.logger(for: run)
      try logger.log("m", step: 1, value: 2, time: subject.clock.time)
      try logger.close()
      #expect(try subject.store.points(of: run, metric: "m").values == [1, 2])
    },
    demand("any name that is not empty names a metric") { subject in
      let run = try makeRun(subject, "r1")
      let names = [
        "a", "A", " ", "val/acc:top-5 %", "ü", "u\u{308}", "'; DROP TABLE runs; --", "名前",
        String(repeating: "x", count: 2_000),
      ]
      for (index, name) in names.enumerated() { try log(subject, run, name, [Double(index)]) }
      let store = try subject.reopen()
      #expect(try store.series(of: run).count == names.count)
      for (index, name) in names.enumerated() {
        #expect(try store.points(of: run, metric: name).values == [Double(index)])
      }
    },
  ]

  static let loggers: [ContractCase<Subject>] = [
    demand("what a logger has logged is readable after flush and close, in order") { subject in
      let run = try makeRun(subject, "r1")
      let logger = try subject.store.logger(for: run)
      for step in 0..<3_000 {
        try logger.log(
          "loss", step: Int64(step), value: 1 / Double(step + 1), time: Timestamp(milliseconds: Int64(step)))
        if step % 100 == 0 { try logger.log("accuracy", step: Int64(step), value: .nan, time: subject.clock.time) }
      }
      try logger.flush()
      #expect(try subject.store.points(of: run, metric: "loss").steps == (0..<3_000).map { Int64($0) })
      #expect(try subject.store.points(of: run, metric: "accuracy").count == 30)
      try logger.log("loss", step: 3_000, value: 0, time: subject.clock.time)
      try logger.close()
      #expect(try subject.reopen().points(of: run, metric: "loss").count == 3_001)
    },
    demand("a closed logger takes nothing more; closing twice does nothing") { subject in
      let run = try makeRun(subject, "r1")
      let logger = try subject.store.logger(for: run)
      try logger.log("loss", step: 0, value: 1, time: subject.clock.time)
      try logger.close()
      try logger.close()
      refuses(.conflict) { try logger.log("loss", step: 1, value: 1, time: subject.clock.time) }
      #expect(try subject.store.points(of: run, metric: "loss").count == 1)
    },
    demand("a logger refuses an empty name and logs on") { subject in
      let run = try makeRun(subject, "r1")
      let logger = try subject.store.logger(for: run)
      refuses(.invalid) { try logger.log("", step: 0, value: 1, time: subject.clock.time) }
      try logger.log("loss", step: 0, value: 1, time: subject.clock.time)
      try logger.close()
      #expect(try subject.store.series(of: run).map(\.name) == ["loss"])
    },
    demand("a logger's points belong to the attempt that counted when it was opened") { subject in
      let run = try makeRun(subject, "r1")
      let store = subject.store
      try store.commit(.beginAttempt(run, number: 1, launcher: "local", continues: false))
      let logger = try store.logger(for: run)
      try logger.log("loss", step: 0, value: 1, time: subject.clock.time)
      try logger.close()
      try store.commit(.endAttempt(run, number: 1, .lost, detail: ""))
      try store.commit(.beginAttempt(run, number: 2, launcher: "local", continues: false))
      #expect(try store.series(of: run).isEmpty)
      #expect(try store.points(of: run, metric: "loss", in: 0..<9, attempt: 1).values == [1])
    },
    demand("two loggers of one run, and appends beside them, lose nothing") { subject in
      let run = try makeRun(subject, "r1")
      let one = try subject.store.logger(for: run)
      let two = try subject.store.logger(for: run)
      for step in 0..<50 {
        try one.log("loss", step: Int64(step), value: 1, time: subject.clock.time)
        try two.log("loss", step: Int64(step), value: 2, time: subject.clock.time)
        try log(subject, run, "loss", [3])
      }
      try one.close()
      try two.close()
      let values = try subject.reopen().points(of: run, metric: "loss").values
      #expect([1, 2, 3].map { wanted in values.filter { $0 == wanted }.count } == [50, 50, 50])
    },
    demand("recovery with nothing to recover does nothing") { subject in
      let run = try makeRun(subject, "r1")
      let logger = try subject.store.logger(for: run)
      try logger.log("loss", step: 0, value: 1, time: subject.clock.time)
      try subject.store.recoverMetrics()
      try logger.log("loss", step: 1, value: 2, time: subject.clock.time)
      try logger.close()
      try subject.store.recoverMetrics()
      #expect(try subject.store.points(of: run, metric: "loss").values == [1, 2])
    },
  ]
}
