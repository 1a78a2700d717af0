import Foundation
import Testing
import Tracking

/// The records on the wire: `docs/design/wire.md`.
@Suite struct WireTests {
  /// Over the wire and back.
  private func returned<Record: WireRecord>(_ record: Record) throws -> Record {
    try Record(wire: Value(json: record.wire.json))
  }

  @Test func `every record comes back as it was sent`() throws {
    func check<Record: WireRecord & Equatable>(_ name: String, _ record: Record) throws {
      let again = try returned(record)
      #expect(again == record, "\(name)")
      #expect(again.wire.json == record.wire.json, "\(name)")
    }
    for (name, record) in try WireSamples.records() { try check(name, record) }
    for change in try WireSamples.changes() { try check("change", change) }
  }

  @Test func `the form on the wire is the recorded one`() throws {
    var members = Dictionary(
      uniqueKeysWithValues: try WireSamples.records().map { ($0.0, $0.1.wire) })
    members["changes"] = .list(try WireSamples.changes().map(\.wire))
    members["series"] = WireSamples.series.wire
    members["batch"] =
      WriteBatch([.delete(WireSamples.run)], points: [.init(WireSamples.run, [WireSamples.series])]).wire
    members["results"] = [WireResult(.success(7)), WireResult(.failure(TrackingError(.busy, "later")))].wire
    let text = Value.object(members).prettyJSON + "\n"
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/wire.json")
    let isRecording = ProcessInfo.processInfo.environment["RECORD"] == "1"
    if isRecording { try text.write(to: file, atomically: true, encoding: .utf8) }
    let recorded = try String(contentsOf: file, encoding: .utf8)
    #expect(recorded == text && !isRecording, "look at the form, then record it with RECORD=1 and run the test again")
  }

  @Test func `numbers keep all their bits, alone and in free values`() throws {
    let numbers: [Double] = [
      0, -0.0, 0.1, .nan, -.nan, .signalingNaN, Double(nan: 0x1234, signaling: false), .infinity, -.infinity,
      .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1, 1e300,
    ]
    for number in numbers {
      #expect(try returned(number).bitPattern == number.bitPattern)
      guard case .real(let again) = try returned(Value.real(number)) else {
        Issue.record("\(number) came back as something else")
        continue
      }
      #expect(again.bitPattern == number.bitPattern)
    }
    let odd: [Value] = [
      ["$bits": "7ff8000000000000"], ["$object": ["a": 1]], ["$object": ["$bits": "7ff8000000000000"]], ["$": .null],
      [["$bits": 1]], ["bits": "x", "$bits": "y"], [:],
    ]
    for value in odd { #expect(try returned(value) == value) }
  }

  @Test func `a series comes back whatever its steps and times are, in 15 bytes a point where they are even`() throws {
    let odd: [Int64] = [5, 5, 3, .max, .min, 0, -1, .min, .max]
    let series = MetricColumns(name: "m", steps: odd, times: odd.reversed(), values: odd.map(Double.init))
    let again = try returned(series)
    #expect(again.steps == series.steps && again.times == series.times && again.values == series.values)
    let count = 100_000
    let long = MetricColumns(
      name: "loss", steps: (0..<count).map { Int64($0) },
      times: (0..<count).map { 1_700_000_000_000 + Int64($0) * 103 + Int64($0 % 7) },
      values: (0..<count).map { 1 / Double($0 + 1) })
    let text = long.wire.json
    #expect(text.utf8.count < 15 * count)
    #expect(try returned(long).values == long.values)
    #expect(try returned(long).times == long.times)
  }

  @Test func `damaged series, unknown changes and missing fields are refused in words`() throws {
    func refusal(_ body: () throws -> Void) -> TrackingError? {
      do {
        try body()
        return nil
      } catch {
        return error as? TrackingError
      }
    }
    for (name, wrong): (String, Value) in [
      ("count", 5), ("count", -1), ("count", .integer(.max)), ("steps", "AAAA AAA"), ("steps", "////////////////"),
      ("values", "AAA"), ("values", "===="), ("times", 3),
    ] {
      var members = WireSamples.series.wire.object ?? [:]
      members[name] = wrong
      #expect(refusal { _ = try MetricColumns(wire: .object(members)) }?.code == .invalid, "\(name) \(wrong.json)")
    }
    let unknown = refusal { _ = try Change(wire: ["fly": ["run": "q7k2"]]) }
    #expect(unknown?.message.contains("'fly'") == true)
    let missing = refusal { _ = try Change(wire: ["set_tag": ["run": "q7k2"]]) }
    #expect(missing?.message.contains("'name'") == true)
    for value: Value in [.null, 3, [], [:], ["a": 1, "b": 2], "delete"] {
      #expect(refusal { _ = try Change(wire: value) }?.code == .invalid)
    }
  }
}
