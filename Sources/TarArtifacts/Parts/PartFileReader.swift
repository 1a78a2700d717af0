internal import Glibc
internal import Tracking

/// Reads a file of named parts, and trusts nothing in it before its digest is right.
///
/// Not shared between threads.
public final class PartFileReader {
  /// The path, as messages name it.
  public let path: String
  /// The names of the parts in the file's order.
  public let names: [String]
  /// The file's length in bytes.
  public let bytes: Int64

  private let index: PartIndex
  private let file: Descriptor

  /// Opens a file and reads its index.
  ///
  /// - Throws: `.notFound`; `.invalid` for what is no such file; `.corrupt` naming the index, and for a file that is cut short;
  ///   `.incompatible` for one of a newer program.
  public init(_ path: String) throws {
    self.path = path
    file = try Descriptor(opening: path, O_RDONLY)
    let status = try file.status()
    guard status.st_mode & S_IFMT == S_IFREG else { throw TrackingError(.invalid, "'\(path)' is no file") }
    bytes = Int64(status.st_size)
    index = try Self.index(of: file, bytes: bytes)
    names = index.entries.dropLast().map(\.name)
  }

  private static func index(of file: borrowing Descriptor, bytes: Int64) throws -> PartIndex {
    func damaged(_ what: String) -> TrackingError {
      TrackingError(
        .corrupt, "'\(file.path)' is damaged: \(what); nothing was read from it. Bring it again from its source")
    }
    func read(_ count: Int, at offset: Int64) throws -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
      return bytes
    }
    func number(_ bytes: some Sequence<UInt8>) -> UInt32 { bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
    let magic = try read(Int(min(4, bytes)), at: 0)
    let isZstd = magic == [0x28, 0xB5, 0x2F, 0xFD]
    let least = Int64(PartIndex.headerBytes + PartIndex.footerBytes)
    let footer = bytes > least ? try read(PartIndex.footerBytes, at: bytes - Int64(PartIndex.footerBytes)) : []
    guard footer.suffix(PartIndex.mark.count).elementsEqual(PartIndex.mark) else {
      guard isZstd else {
        throw TrackingError(.invalid, "'\(file.path)' is no file that `runs export` wrote")
      }
      throw damaged(
        "its index is not at its end, so it is cut short, or its index is damaged, or another program wrote it")
    }
    let length = Int64(number(footer[64..<68]))
    let start = bytes - least - length
    guard length <= PartIndex.largest, start > 0 else { throw damaged("its index") }
    let header = try read(PartIndex.headerBytes, at: start)
    let text = try read(Int(length), at: start + Int64(PartIndex.headerBytes))
    guard number(header[..<4]) == PartIndex.skippableMagic,
      Int64(number(header[4...])) == length + Int64(PartIndex.footerBytes),
      footer[..<64].elementsEqual(Digest(hashing: text).hex.utf8)
    else { throw damaged("its index") }
    if let version = (try? Value(json: String(decoding: text, as: UTF8.self)))?["version"]?.integer,
      version > PartIndex.version
    {
      throw TrackingError(
        .incompatible, "'\(file.path)' was written by a newer program (parts of version \(version)); update this one")
    }
    guard let index = PartIndex(text: text, end: start) else { throw damaged("its index") }
    return index
  }

  /// Reads the whole file and compares each part with its SHA-256.
  ///
  /// - Parameter progress: is told how many bytes were read since it was last told.
  /// - Throws: `.corrupt` naming the part.
  public func verify(_ progress: (Int) -> Void) throws {
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    for entry in index.entries {
      var hasher = Digest.Hasher()
      var done: Int64 = 0
      while done < entry.bytes {
        let count = Int(min(Int64(buffer.count), entry.bytes - done))
        try buffer.withUnsafeMutableBytes { bytes in
          let piece = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
          try file.read(into: piece, at: entry.offset + done)
          hasher.update(UnsafeRawBufferPointer(piece))
        }
        done += Int64(count)
        progress(count)
      }
      guard hasher.finalize() == entry.digest else {
        let name = entry.name.isEmpty ? "the end of its tar" : "its part '\(entry.name)'"
        throw TrackingError(
          .corrupt,
          "'\(path)' is damaged: \(name) does not have the SHA-256 that it should have. Bring the file again from its source"
        )
      }
    }
  }

  /// Opens a part.
  ///
  /// - Returns: what returns the next bytes of its content; nil at the end. In bounded memory, whatever the part claims.
  /// - Throws: `.notFound`; `.corrupt` for what is no tar of this one member.
  public func pieces(of name: String) throws -> () throws -> [UInt8]? {
    guard let entry = index.entries.first(where: { $0.name.utf8.elementsEqual(name.utf8) }), !name.isEmpty else {
      throw TrackingError(.notFound, "'\(path)' has no part '\(name)'")
    }
    let part = try PartReader(path: path, entry: entry)
    return { try part.next() }
  }
}
