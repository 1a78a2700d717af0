internal import SQL
internal import Tracking

extension ChangeRecorder {
  mutating func delete(_ id: RunID) throws {
    let run = try target(id)
    guard !run.isDeleted else { return }
    try connection.run("UPDATE runs SET deleted = $1 WHERE id = $2", [SQLValue(now), .integer(run.row)])
    remember(id) { $0.isDeleted = true }
    touch(run)
  }

  mutating func restore(_ id: RunID) throws {
    let run = try target(id)
    guard run.isDeleted else { return }
    try connection.run(
      "UPDATE runs SET deleted = NULL, deleted_with_experiment = 0 WHERE id = $1", [.integer(run.row)])
    remember(id) { $0.isDeleted = false }
    touch(run)
  }

  /// Deletes the runs of an experiment that are not deleted yet.
  mutating func deleteRuns(ofExperiment row: Int64) throws {
    try connection.run(
      "UPDATE runs SET deleted = $1, deleted_with_experiment = 1 WHERE experiment = $2 AND deleted IS NULL",
      [SQLValue(now), .integer(row)])
    forgetTargets()
  }

  /// Restores the runs that were deleted with their experiment.
  mutating func restoreRuns(ofExperiment row: Int64) throws {
    try connection.run(
      """
      UPDATE runs SET deleted = NULL, deleted_with_experiment = 0
      WHERE experiment = $1 AND deleted IS NOT NULL AND deleted_with_experiment = 1
      """, [.integer(row)])
    forgetTargets()
  }
}
