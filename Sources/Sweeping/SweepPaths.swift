public import Tracking

/// Where the jobs of a store's sweeps live on the disk.
public struct SweepPaths: Sendable, Equatable {
  /// The store's directory (`.runs`), absolute.
  public var root: String

  /// Names the places below a store's directory.
  public init(root: String) { self.root = root }

  /// Where each attempt has its job directory.
  public var jobs: String { root + "/jobs" }
  /// Where each run has its checkpoint directory.
  public var checkpoints: String { root + "/checkpoints" }
  /// Where the code of each sweep is, by its digest.
  public var code: String { root + "/code" }
  /// Where the lock files of driven sweeps are.
  public var locks: String { root + "/locks" }

  /// The directory of a job (`<run>.<attempt>`): `stdout`, `stderr`, `job`, `end`, `outputs/`, `work/`.
  public func jobDirectory(_ job: String) -> String { jobs + "/" + job }
  /// The directory that all attempts at a run share.
  public func checkpointDirectory(of run: RunID) -> String { checkpoints + "/" + run.text }
  /// The file with the port and token by which the trials of a sweep log.
  public func doorFile(of sweep: RunID) -> String { locks + "/" + sweep.text + ".door" }
  /// The file that the driver of a sweep holds locked; it holds the driver's process id.
  public func lockFile(of sweep: RunID) -> String { locks + "/" + sweep.text }
}
