internal import Tracking

extension SweepLoop {
  /// Opens the door by which trials of a command log as clients of MLflow, where the last driver had it if that can be.
  /// Without it trials run all the same.
  func openDoor() throws -> TrialDoor? {
    guard let opener = driver.openDoor, !isTrainer else { return nil }
    var key = DoorKey(path: driver.paths.doorFile(of: sweep.run))
    var door = key.port == 0 ? nil : try? opener(sweep.run, key.port, key.token)
    do {
      if door == nil {
        let hadPort = key.port
        let opened = try opener(sweep.run, 0, key.token)
        door = opened
        key.port = opened.port
        if opened.port != 0 { try key.keep() }
        if hadPort != 0, active.values.contains(where: { $0.cause == nil }) {
          note(nil, nil, "port \(hadPort) is taken, so trials that run on from before cannot log to MLflow's interface")
        }
      }
    } catch let error as TrackingError {
      note(nil, nil, "trials cannot log to MLflow's interface: \(error.message)")
      return nil
    }
    recipe.door = door
    recipe.experiment = try store.experiment(named: spec.experiment).id
    return door
  }
}
