internal import Tracking

/// What a file of parts says of itself at its end: where each part lies, and the SHA-256 of its bytes as they are in the
/// file. The bytes are told in docs/design/export-file.md.
struct PartIndex: Equatable {
  /// A part as it lies in the file.
  struct Entry: Equatable {
    /// The part's name; empty for the tar's end.
    var name: String
    /// Where it begins, in bytes.
    var offset: Int64
    /// Its compressed length in bytes.
    var bytes: Int64
    /// The SHA-256 of these bytes.
    var digest: Digest
  }

  /// The parts in the order of the file, with the tar's end as the last.
  var entries: [Entry] = []

  static let format = "runs parts"
  static let version: Int64 = 1
  static let mark: [UInt8] = Array("RUNSPRT1".utf8)
  /// A skippable frame of the zstd format (RFC 8878, 3.1.2), another one than artifacts have.
  static let skippableMagic: UInt32 = 0x184D_2A5B
  static let headerBytes = 8
  /// The SHA-256 of what is before it, the length of the text, and the mark.
  static let footerBytes = 64 + 4 + 8
  /// An index that claims to be longer is not read.
  static let largest = 1 << 28
}

extension PartIndex {
  /// The whole skippable frame.
  var frame: [UInt8] {
    let parts: [Value] = entries.map {
      ["name": .text($0.name), "bytes": .integer($0.bytes), "sha256": .text($0.digest.hex)]
    }
    let index: Value = ["format": .text(Self.format), "version": .integer(Self.version), "parts": .list(parts)]
    let text = Array(index.json.utf8)
    var frame: [UInt8] = []
    func append(_ number: UInt32) { withUnsafeBytes(of: number.littleEndian) { frame.append(contentsOf: $0) } }
    append(Self.skippableMagic)
    append(UInt32(text.count + Self.footerBytes))
    frame += text
    frame += Array(Digest(hashing: text).hex.utf8)
    append(UInt32(text.count))
    frame += Self.mark
    return frame
  }

  /// Reads the text of an index; nil when it is none of ours.
  ///
  /// - Parameter end: where the parts end in the file.
  init?(text: [UInt8], end: Int64) {
    guard let text = String(validating: text, as: UTF8.self), let index = try? Value(json: text),
      index["format"]?.text == Self.format, let parts = index["parts"]?.list
    else { return nil }
    var offset: Int64 = 0
    for part in parts {
      guard let name = part["name"]?.text, let bytes = part["bytes"]?.integer, bytes > 0, bytes <= end - offset,
        let digest = part["sha256"]?.text.flatMap({ Digest(hex: $0) })
      else { return nil }
      entries.append(Entry(name: name, offset: offset, bytes: bytes, digest: digest))
      offset += bytes
    }
    guard offset == end, entries.last?.name.isEmpty == true, entries.dropLast().allSatisfy({ !$0.name.isEmpty }),
      Set(entries.map { Array($0.name.utf8) }).count == entries.count
    else { return nil }
  }
}
