import Glibc
import TarArtifacts
import Testing
import Tracking
import TrackingContracts

@testable import Provenance

/// A folder that is gone after the test, with an artifact store beside it.
final class Folder {
  private let scratch = ScratchFolder()
  let path: String
  let artifacts: TarArtifactStore

  init() throws {
    path = try #require(resolved(scratch.path))
    artifacts = TarArtifactStore(directory: path + "/artifacts")
    try makeDirectories(path + "/code")
  }

  var code: String { path + "/code" }
  var capture: CodeCapture {
    CodeCapture(artifacts: artifacts, caches: path + "/cache", stores: [path + "/code/store"])
  }

  /// Writes a file below `code`.
  func put(_ name: String, _ text: String, isOld: Bool = true) throws {
    let place = code + "/" + name
    try makeDirectories(String(place[..<(place.lastIndex(of: "/") ?? place.startIndex)]))
    try write(Array(text.utf8), to: place)
  }

  @discardableResult
  func git(_ arguments: String...) throws -> String {
    let all = ["git", "-C", code, "-c", "user.name=a", "-c", "user.email=a@example.org"] + arguments
    return String(decoding: try #require(output(of: all), "git \(arguments)"), as: UTF8.self)
  }

  func files() throws -> [String] { try capture.look(at: code).files.map(\.path) }
}
