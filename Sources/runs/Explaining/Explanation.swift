internal import Sweeping
internal import Tracking

/// Why a run is as it is, in sentences.
struct Explanation {
  /// Sentences on one question.
  struct Section {
    /// The question, in a few words: `Why these parameters`.
    var title: String
    /// The answer.
    var sentences: [String] = []
    /// What happened, with its time.
    var steps: [(time: Timestamp, text: String)] = []
    /// Lines that a program wrote.
    var output: [String] = []

    /// True when there is nothing to tell.
    var isEmpty: Bool { sentences.isEmpty && steps.isEmpty && output.isEmpty }
  }

  /// The run.
  var run: Run
  /// What it is, and how it stands.
  var title: String
  /// The answers; empty ones are left out.
  var sections: [Section]
  /// The decisions that the answers rest on, oldest first.
  var decisions: [Decision] = []
  /// The place of a trial among all, from 1, and how many there are; nil where it has none.
  var place: (place: Int, of: Int)?
  /// What counts of a trial's objective; nil where there is nothing.
  var score: Double?

  /// The explanation as `runs why --json` prints it.
  var json: Value {
    [
      "run": .text(run.id.text), "kind": .text(run.kind.rawValue), "state": .text(run.state.rawValue),
      "score": score.map { .real($0) } ?? .null, "place": place.map { .integer(Int64($0.place)) } ?? .null,
      "of": place.map { .integer(Int64($0.of)) } ?? .null,
      "sections": .list(
        sections.filter { !$0.isEmpty }.map { section in
          [
            "title": .text(section.title), "sentences": .list(section.sentences.map { .text($0) }),
            "steps": .list(
              section.steps.map {
                ["time": .text($0.time.iso), "time_ms": .integer($0.time.milliseconds), "text": .text($0.text)]
              }),
            "output": .list(section.output.map { .text($0) }),
          ]
        }),
      "decisions": .list(decisions.map(\.json)),
    ]
  }

  // Lines of more than this are hard to read, however wide the screen is.
  private static let widest = 100

  /// The explanation as people read it: wrapped on a terminal, a sentence a line elsewhere.
  func text(on screen: Screen) -> String {
    let room = screen.columns.map { max(20, min($0, Self.widest) - 2) } ?? .max
    var text = screen.paint(run.id.text, .bold) + "  " + screen.paint(run.state.rawValue, run.state.style) + "  "
    text += title + "\n"
    for section in sections where !section.isEmpty {
      text += "\n" + screen.paint(section.title, .bold) + "\n"
      let paragraphs =
        screen.columns == nil ? section.sentences : [section.sentences.joined(separator: " ")].filter { !$0.isEmpty }
      for paragraph in paragraphs {
        for line in paragraph.printable.wrapped(to: room) { text += "  " + line + "\n" }
      }
      text += RunRecord.pairs(section.steps.map { ($0.time.local, $0.text) }, on: screen, wraps: true)
      for line in section.output {
        let shown = "  | " + line.printable
        text += screen.paint(screen.columns.map { shown.fitted(to: $0, ellipsis: screen.ellipsis) } ?? shown, .dim)
        text += "\n"
      }
    }
    return text
  }

  /// Explains a run.
  static func of(
    _ id: RunID, in reader: any TrackingReader, plugins: PluginCatalogue, now: Timestamp
  ) throws -> Explanation {
    let run = try reader.run(id)
    switch run.kind {
    case .trial:
      if let parent = run.parent, let number = run.number {
        return try TrialReasons(run, number, of: reader.extendedSweep(parent), in: reader, plugins).explanation
      }
    case .hyperdrive: return try explanation(ofSweep: run, in: reader)
    case .run: break
    }
    return try explanation(ofRun: run, in: reader, now: now)
  }
}
