internal import Tracking

/// Tags of MLflow's that say something which is a field of a run of ours.
enum RunTag {
  static let name = "mlflow.runName"
  static let parent = "mlflow.parentRunId"
  static let note = "mlflow.note.content"
  static let user = "mlflow.user"

  /// Returns the changes that set a tag, or (nil) remove it.
  static func changes(_ run: RunID, _ tag: String, _ value: String?) -> [Change] {
    switch tag {
    case name: [.setName(run, value)]
    // Kept as a tag too, so that filters find it.
    case note: [.setNote(run, value ?? ""), .setTag(run, name: tag, value: value)]
    default: [.setTag(run, name: tag, value: value)]
    }
  }

  /// Returns the tags that clients see: those of the record, and what they expect as tags.
  static func shown(_ row: RunRow) -> [(key: String, value: String)] {
    var tags = row.tags
    tags[InputModels.tag] = nil
    if let name = row.run.name { tags[self.name] = name }
    if let parent = row.run.parent { tags[self.parent] = parent.text }
    if !row.run.note.isEmpty { tags[note] = row.run.note }
    if row.run.state == .pruned { tags["runs.state"] = row.run.state.rawValue }
    return tags.sorted { $0.key < $1.key }
  }
}
