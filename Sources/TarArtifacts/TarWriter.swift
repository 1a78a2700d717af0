internal import CArchive
internal import Glibc
internal import Tracking

/// Makes the tar: the one place that decides what a header says.
///
/// Not shared between threads.
final class TarWriter {
  // Names outside ASCII are bytes, which a pax header tells (`hdrcharset=BINARY`): without it libarchive asks the locale
  // what they mean when it writes them, and joins letters with their accents when it reads them back, so that two files
  // get one name. It says so of every member or of none, so there are two pens for one tar.
  private let plainPen: TarPen
  private let binaryPen: TarPen
  private let output: FrameOutput
  private(set) var entries: [TarballIndex.Entry] = []
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)

  init(to output: FrameOutput) throws {
    self.output = output
    plainPen = try TarPen(to: output, binaryNames: false)
    binaryPen = try TarPen(to: output, binaryNames: true)
  }

  deinit { buffer.deallocate() }

  /// Adds a member.
  ///
  /// - Throws: `.conflict` for a file whose length changes while it is read.
  func add(_ entry: SourceTree.Entry) throws {
    var member = ArtifactMember(path: entry.path, kind: entry.kind, bytes: 0, target: entry.target)
    let pen = pen(for: member)
    guard entry.kind == .file else {
      try pen.begin(member)
      try pen.end()
      entries.append(TarballIndex.Entry(member: member, offset: 0))
      return
    }
    let file = try Descriptor(opening: entry.source, O_RDONLY)
    let status = try file.status()
    member.bytes = Int64(status.st_size)
    member.isExecutable = status.st_mode & 0o111 != 0
    try pen.begin(member)
    entries.append(TarballIndex.Entry(member: member, offset: output.tarBytes))
    var rest = member.bytes
    while true {
      let count = try file.read(into: buffer)
      if count == 0 { break }
      rest -= Int64(count)
      guard rest >= 0 else { break }
      try pen.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    guard rest == 0 else {
      throw TrackingError(
        .conflict, "'\(entry.source)' changed while it was being stored; store it again when nothing writes to it")
    }
    try pen.end()
  }

  /// Adds a file whose bytes come piece by piece.
  ///
  /// - Throws: `.invalid` for another length than was told; what `next` throws.
  func add(file path: String, bytes: Int64, pieces next: () throws -> [UInt8]?) throws {
    let member = ArtifactMember(path: path, kind: .file, bytes: bytes)
    let pen = pen(for: member)
    try pen.begin(member)
    entries.append(TarballIndex.Entry(member: member, offset: output.tarBytes))
    var rest = bytes
    while rest >= 0, let piece = try next() {
      rest -= Int64(piece.count)
      if rest >= 0 { try piece.withUnsafeBytes { try pen.write($0) } }
    }
    guard rest == 0 else {
      throw TrackingError(
        .invalid,
        "'\(path)' has \(rest > 0 ? "fewer" : "more") bytes than the \(bytes) that were announced; send it again")
    }
    try pen.end()
  }

  private func pen(for member: ArtifactMember) -> TarPen {
    let isPlain = member.path.utf8.allSatisfy { $0 < 0x80 } && (member.target ?? "").utf8.allSatisfy { $0 < 0x80 }
    return isPlain ? plainPen : binaryPen
  }

  /// Ends the tar.
  func finish() throws { try plainPen.endTar() }
}
