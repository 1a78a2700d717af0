internal import SQL
internal import Tracking

extension ChangeRecorder {
  mutating func add(_ inputs: [RunInput], to id: RunID) throws {
    let run = try writable(id)
    if try add(inputs, toRow: run.row) > 0 { touch(run) }
  }

  /// Adds datasets to the row of a run.
  ///
  /// - Returns: how many rows are new or changed.
  func add(_ inputs: [RunInput], toRow run: Int64) throws -> Int {
    guard !inputs.isEmpty else { return 0 }
    guard let experiment = try connection.firstInteger("SELECT experiment FROM runs WHERE id = $1", [.integer(run)])
    else { throw TrackingError(.corrupt, "a run vanished while it was written to.") }
    var count = 0
    for input in inputs {
      let dataset = try row(of: input.dataset, experiment: experiment)
      count += try connection.run(
        """
        INSERT INTO inputs (run, dataset, position)
        VALUES ($1, $2, (SELECT coalesce(max(position), -1) + 1 FROM inputs WHERE run = $1))
        ON CONFLICT (run, dataset) DO NOTHING
        """, [.integer(run), .integer(dataset)])
      for (name, value) in input.tags {
        count += try connection.run(
          """
          INSERT INTO input_tags (run, dataset, name, value) VALUES ($1, $2, $3, $4)
          ON CONFLICT (run, dataset, name) DO UPDATE SET value = excluded.value
          WHERE input_tags.value <> excluded.value
          """, [.integer(run), .integer(dataset), .text(name), .text(value)])
      }
    }
    return count
  }

  mutating func add(_ outputs: [RunOutput], to id: RunID) throws {
    let run = try writable(id)
    var count = 0
    for output in outputs {
      count += try connection.run(
        """
        INSERT INTO outputs (run, model, step, position)
        VALUES ($1, $2, $3, (SELECT coalesce(max(position), -1) + 1 FROM outputs WHERE run = $1))
        ON CONFLICT (run, model, step) DO NOTHING
        """, [.integer(run.row), .integer(try model(output.model).row), .integer(output.step)])
    }
    if count > 0 { touch(run) }
  }

  /// The row of a dataset of an experiment, which is made where there is none of its name and digest.
  private func row(of dataset: Dataset, experiment: Int64) throws -> Int64 {
    guard !dataset.name.isEmpty, !dataset.digest.isEmpty else {
      throw TrackingError(
        .invalid, "a dataset needs a name and a digest; this one's are '\(dataset.name)' and '\(dataset.digest)'.")
    }
    if let known = try connection.firstInteger(
      "SELECT id FROM datasets WHERE experiment = $1 AND name = $2 AND digest = $3",
      [.integer(experiment), .text(dataset.name), .text(dataset.digest)])
    {
      return known
    }
    let row = try connection.firstInteger(
      """
      INSERT INTO datasets (id, experiment, name, digest, source_type, source, schema, profile)
      VALUES ((SELECT coalesce(max(id), 0) + 1 FROM datasets), $1, $2, $3, $4, $5, $6, $7) RETURNING id
      """,
      [
        .integer(experiment), .text(dataset.name), .text(dataset.digest), .text(dataset.sourceType),
        .text(dataset.source), SQLValue(dataset.schema), SQLValue(dataset.profile),
      ])
    guard let row else { preconditionFailure("an insert returned no id") }
    return row
  }
}
