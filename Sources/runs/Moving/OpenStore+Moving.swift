public import Exchange
public import TarArtifacts
internal import Tracking

extension PartFileReader: PartSource {}
extension PartFileWriter: PartSink {}

extension OpenStore {
  /// Returns the store as one that keeps whole histories.
  ///
  /// - Throws: exit code 2 for one behind a server.
  func histories() throws -> any HistoryStore {
    guard let histories = tracking as? any HistoryStore else {
      throw CommandFailure(
        .usage, "moving runs needs the files of a store, and \(folder) is a server; run this where the store is")
    }
    return histories
  }

  /// Says beside whatever is told of a sweep that it is only a part, where it is.
  func remarkOnPart(of sweep: RunID, on screen: Screen) throws {
    guard let part = try tracking.partOfSweep(sweep) else { return }
    remark(screen.paint("of sweep \(sweep) this store has \(part); what is told of it is told of these", .yellow))
  }
}
