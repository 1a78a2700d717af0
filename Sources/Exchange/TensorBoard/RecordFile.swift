internal import Glibc
internal import Tracking

/// A file of TensorFlow records: each a length, its checksum, the bytes, their checksum. Read front to back in pieces.
final class RecordFile {
  /// What stands at a place of the file.
  enum Piece {
    /// A record's bytes.
    case record([UInt8])
    /// The file ends in the middle of a record, as one does that is still written, or whose writer was killed.
    case cutOff(at: Int64)
    /// A checksum does not fit; what follows cannot be told apart any more when it is that of a length.
    case damaged(at: Int64, readsOn: Bool)
  }

  /// A longer record than any event: its length is damaged in a way that its checksum does not tell.
  private static let longest: UInt64 = 1 << 30

  private let descriptor: Int32
  private let path: String
  private var buffer: [UInt8] = []
  private var start = 0
  private var offset: Int64 = 0
  private var isOver = false

  /// Opens a file.
  init(_ path: String) throws {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw TrackingError(cannot: "read", path) }
    self.path = path
  }

  deinit { close(descriptor) }

  /// Returns what comes next; nil at the end of the file.
  func next() throws -> Piece? {
    if isOver { return nil }
    let place = offset
    guard try fill(12) else { return try end(place) }
    let length = integer(UInt64.self, at: 0)
    guard masked(0, 8) == integer(UInt32.self, at: 8), length <= RecordFile.longest else {
      isOver = true
      return .damaged(at: place, readsOn: false)
    }
    let count = Int(length)
    guard try fill(12 + count + 4) else { return try end(place) }
    let isSound = masked(12, count) == integer(UInt32.self, at: 12 + count)
    let record = isSound ? Array(buffer[start + 12..<start + 12 + count]) : []
    start += 12 + count + 4
    offset += Int64(12 + count + 4)
    return isSound ? .record(record) : .damaged(at: place, readsOn: true)
  }

  private func end(_ place: Int64) throws -> Piece? {
    isOver = true
    return buffer.count > start ? .cutOff(at: place) : nil
  }

  private func integer<Number: FixedWidthInteger>(_ type: Number.Type, at place: Int) -> Number {
    buffer.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: start + place, as: type)) }
  }

  private func masked(_ place: Int, _ count: Int) -> UInt32 {
    buffer.withUnsafeBytes {
      CRC32C.masked(UnsafeRawBufferPointer(rebasing: $0[start + place..<start + place + count]))
    }
  }

  // Makes sure that so many bytes are there from `start` on; false where the file has fewer.
  private func fill(_ count: Int) throws -> Bool {
    if buffer.count - start >= count { return true }
    buffer.removeFirst(start)
    start = 0
    while buffer.count < count {
      // A length that is not true must not cost its memory: the buffer grows with what was read.
      let want = min(max(count - buffer.count, 1 << 18), 1 << 22)
      var got = 0
      buffer += [UInt8](unsafeUninitializedCapacity: want) { bytes, initialized in
        got = read(descriptor, bytes.baseAddress, want)
        initialized = max(0, got)
      }
      if got < 0, errno != EINTR { throw TrackingError(cannot: "read", path) }
      if got == 0 { return false }
    }
    return true
  }
}
