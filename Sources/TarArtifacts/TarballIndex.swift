internal import Tracking

/// What a tarball says of itself behind its last frame: where its members lie, so that one can be read without the
/// rest. The bytes are told in docs/design/artifacts.md.
struct TarballIndex: Equatable {
  /// A member and where the bytes of a file begin in the tar.
  struct Entry: Equatable {
    var member: ArtifactMember
    var offset: Int64
  }

  /// The length of the tar in bytes.
  var tarBytes: Int64
  /// The SHA-256 of the tar.
  var tarDigest: Digest
  /// How many bytes of the tar each frame but the last holds.
  var frameBytes: Int
  /// The compressed length of each frame in bytes, first to last.
  var frames: [Int]
  /// The members in the tarball's order: sorted by the bytes of their paths.
  var entries: [Entry]

  /// The end of a tarball with an index: two lengths and the mark.
  static let footerBytes = 16
  static let mark: UInt64 = 0x3158_4449_534E_5552  // "RUNSIDX1" as little-endian bytes
  /// A skippable frame of the zstd format (RFC 8878, 3.1.2): its magic number and its length.
  static let skippableMagic: UInt32 = 0x184D_2A5A
  static let skippableHeaderBytes = 8
  /// An index that claims to be longer is not read.
  static let largest = 1 << 30
}

extension TarballIndex {
  /// The index as bytes, before compression.
  var bytes: [UInt8] {
    var out: [UInt8] = []
    func append<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { out.append(contentsOf: $0) }
    }
    func append(_ text: String) {
      append(UInt32(text.utf8.count))
      out.append(contentsOf: text.utf8)
    }
    append(UInt64(tarBytes))
    append(tarDigest.hex)
    append(UInt32(frameBytes))
    append(UInt32(frames.count))
    for frame in frames { append(UInt32(frame)) }
    append(UInt32(entries.count))
    for entry in entries {
      out.append(Self.code(entry.member))
      append(entry.member.path)
      switch entry.member.kind {
      case .file:
        append(UInt64(entry.offset))
        append(UInt64(entry.member.bytes))
      case .directory: break
      case .link: append(entry.member.target ?? "")
      }
    }
    return out
  }

  private static func code(_ member: ArtifactMember) -> UInt8 {
    switch member.kind {
    case .file: UInt8(ascii: member.isExecutable ? "x" : "f")
    case .directory: UInt8(ascii: "d")
    case .link: UInt8(ascii: "l")
    }
  }

  /// Reads the bytes of an index; nil when they are none.
  init?(bytes: [UInt8]) {
    var reader = IndexReader(bytes: bytes)
    guard let tarBytes = reader.number(UInt64.self).flatMap(Int64.init(exactly:)),
      let tarDigest = reader.text().flatMap(Digest.init(hex:)),
      let frameBytes = reader.number(UInt32.self), frameBytes > 0,
      let frameCount = reader.number(UInt32.self), Int(frameCount) <= bytes.count / 4
    else { return nil }
    var frames: [Int] = []
    for _ in 0..<frameCount {
      guard let frame = reader.number(UInt32.self) else { return nil }
      frames.append(Int(frame))
    }
    guard let count = reader.number(UInt32.self), Int(count) <= bytes.count / 5 else { return nil }
    var entries: [Entry] = []
    entries.reserveCapacity(Int(count))
    for _ in 0..<count {
      guard let entry = reader.entry() else { return nil }
      entries.append(entry)
    }
    guard reader.at == bytes.count else { return nil }
    self.init(
      tarBytes: tarBytes, tarDigest: tarDigest, frameBytes: Int(frameBytes), frames: frames, entries: entries)
  }

  /// Returns the entry of a path.
  func entry(_ path: String) -> Entry? {
    // Texts with different bytes can be equal in Swift (é in its two spellings), and they are two files.
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].member.path.utf8.lexicographicallyPrecedes(path.utf8) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    guard low < entries.count, entries[low].member.path.utf8.elementsEqual(path.utf8) else { return nil }
    return entries[low]
  }
}

private struct IndexReader {
  let bytes: [UInt8]
  var at = 0

  mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
    let size = MemoryLayout<Number>.size
    guard at + size <= bytes.count else { return nil }
    defer { at += size }
    return bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: Number.self)) }
  }

  mutating func text() -> String? {
    guard let count = number(UInt32.self), at + Int(count) <= bytes.count else { return nil }
    defer { at += Int(count) }
    return String(validating: bytes[at..<at + Int(count)], as: UTF8.self)
  }

  mutating func entry() -> TarballIndex.Entry? {
    guard let code = number(UInt8.self), let path = text() else { return nil }
    switch code {
    case UInt8(ascii: "f"), UInt8(ascii: "x"):
      guard let offset = number(UInt64.self).flatMap(Int64.init(exactly:)),
        let size = number(UInt64.self).flatMap(Int64.init(exactly:))
      else { return nil }
      return TarballIndex.Entry(
        member: ArtifactMember(path: path, kind: .file, bytes: size, isExecutable: code == UInt8(ascii: "x")),
        offset: offset)
    case UInt8(ascii: "d"):
      return TarballIndex.Entry(member: ArtifactMember(path: path, kind: .directory, bytes: 0), offset: 0)
    case UInt8(ascii: "l"):
      guard let target = text() else { return nil }
      return TarballIndex.Entry(
        member: ArtifactMember(path: path, kind: .link, bytes: 0, target: target), offset: 0)
    default: return nil
    }
  }
}
