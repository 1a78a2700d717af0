internal import Tracking

/// Cuts bytes that come in pieces into records, a line of JSON each, and digests them.
final class RecordLines {
  private let next: () throws -> [UInt8]?
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false
  private var hasher = Digest.Hasher()
  /// How many lines were read.
  private(set) var lines = 0
  /// How many bytes were read.
  private(set) var bytes: Int64 = 0

  /// Longer lines are not read.
  static let longest = 1 << 28

  init(_ next: @escaping () throws -> [UInt8]?) { self.next = next }

  /// Returns the next record; nil at the end.
  ///
  /// - Throws: `.invalid` naming the line.
  func record() throws -> HistoryRecord? {
    guard let line = try line() else { return nil }
    lines += 1
    func wrong(_ what: String) -> TrackingError {
      TrackingError(.invalid, "line \(lines) of the part '\(ExportManifest.recordsName)' cannot be read: \(what)")
    }
    guard let text = String(validating: line, as: UTF8.self) else { throw wrong("it is not UTF-8") }
    do {
      return try HistoryRecord(wire: Value(json: text))
    } catch let error as JSONError {
      throw wrong("\(error)")
    } catch let error as TrackingError {
      throw wrong(error.message)
    }
  }

  /// The digest of everything, once all was read.
  func digest() -> Digest { hasher.finalize() }

  private func line() throws -> ArraySlice<UInt8>? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = end + 1 }
        return buffer[start..<end]
      }
      searched = buffer.count
      guard !isAtEnd else {
        guard start < buffer.count else { return nil }
        defer { start = buffer.count }
        return buffer[start...]
      }
      guard buffer.count - start <= Self.longest else {
        throw TrackingError(
          .invalid,
          "line \(lines + 1) of the part '\(ExportManifest.recordsName)' is longer than \(Self.longest) bytes")
      }
      searched -= start
      buffer.removeSubrange(..<start)
      start = 0
      guard let piece = try next() else {
        isAtEnd = true
        continue
      }
      hasher.update(piece)
      bytes += Int64(piece.count)
      buffer += piece
    }
  }
}
