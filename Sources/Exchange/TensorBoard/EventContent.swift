internal import Tracking

/// What the event files of one run say, one after the other.
struct EventContent {
  /// The series, in the order in which they began.
  private(set) var columns: [MetricColumns] = []
  private(set) var hyperparameters = HyperparameterSummary()
  /// Values that are no scalars, by their kind.
  private(set) var leftOut: [String: Int] = [:]
  /// When the first and the last event was written.
  private(set) var first: Timestamp?
  private(set) var last: Timestamp?

  private var places: [String: Int] = [:]
  private var plugins: [String: String] = [:]

  /// Reads a file to its end, or as far as it is sound.
  ///
  /// - Parameter report: takes what is damaged.
  mutating func read(_ path: String, report: ProblemReport) throws {
    let file = try RecordFile(path)
    while let piece = try file.next() {
      switch piece {
      case .record(let bytes):
        do {
          try add(try Event(bytes))
        } catch is ProtobufReader.Malformed {
          report("\(path) has a record that is no event, so it is left out")
        }
      case .cutOff(let place):
        // TensorBoard's own reader takes it as the end: a writer that is still at work, or was killed.
        report("\(path) ends in the middle of a record at byte \(place); what comes before is imported")
      case .damaged(let place, let readsOn):
        report(
          "\(path) is damaged at byte \(place): a checksum does not fit; "
            + (readsOn ? "the record is left out" : "the rest of the file is left out"))
      }
    }
  }

  private mutating func add(_ event: Event) throws {
    if event.seconds > 0 {
      first = first.map { min($0, event.time) } ?? event.time
      last = last.map { max($0, event.time) } ?? event.time
    }
    for summary in event.summaries {
      if let plugin = summary.plugin, !plugin.isEmpty { plugins[summary.tag] = plugin }
      let plugin = plugins[summary.tag]
      if plugin == HyperparameterSummary.plugin {
        try hyperparameters.add(summary.pluginContent)
      } else if let scalar = summary.scalar, plugin == nil || plugin == "scalars", !summary.tag.isEmpty {
        let place = places[summary.tag] ?? columns.count
        if place == columns.count {
          places[summary.tag] = place
          columns.append(MetricColumns(name: summary.tag))
        }
        columns[place].append(MetricPoint(step: event.step, time: event.time, value: scalar))
      } else {
        leftOut[plugin ?? summary.kind, default: 0] += 1
      }
    }
  }
}
