import Glibc
import TarArtifacts
import Testing
import Tracking
import TrackingContracts

/// A store in a scratch folder, and ways to spoil it.
struct Workplace {
  let folder = ScratchFolder()
  var store: TarArtifactStore { TarArtifactStore(directory: folder("artifacts")) }

  /// Puts bytes where the artifact that they are lies, and returns its digest.
  func plant(_ bytes: [UInt8]) -> Digest {
    let digest = Digest(hashing: bytes)
    folder.write("artifacts/\(digest.hex.prefix(2))/\(digest.hex).tar.zst", bytes)
    return digest
  }

  /// Puts other bytes under an artifact's name.
  func replace(_ digest: Digest, with bytes: [UInt8]) {
    let path = store.path(of: digest)
    unlink(path)
    folder.write("artifacts/\(digest.hex.prefix(2))/\(digest.hex).tar.zst", bytes)
  }

  /// Expects a restore to be refused with a code and words, and to leave nothing behind.
  func refusesRestore(
    of digest: Digest, _ code: TrackingError.Code, saying words: String, limits: RestoreLimits = RestoreLimits(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    folder.makeDirectory("out")
    do {
      try store.restore(digest, to: folder("out/here"), limits: limits)
      Issue.record("it was restored", sourceLocation: sourceLocation)
    } catch let error as TrackingError {
      #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
      #expect(error.message.contains(words), sourceLocation: sourceLocation)
    } catch {
      Issue.record(error, sourceLocation: sourceLocation)
    }
    #expect(ScratchFolder.names(folder("out")) == [], sourceLocation: sourceLocation)
  }
}
