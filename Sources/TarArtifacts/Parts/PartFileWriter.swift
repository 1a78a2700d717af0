internal import Glibc
internal import Tracking

/// Writes named parts into one file: a tar in zstd frames, which every tar program unpacks, with an index at its end.
///
/// Each part begins a frame of its own, so damage concerns one part. Equal parts make equal bytes. The file appears under its
/// name when it is whole. Not shared between threads.
public final class PartFileWriter {
  private let place: FinalPlace
  private let draft: Draft
  private let output: PartOutput
  private let pen: TarPen

  /// Begins a file; one of that name is replaced at the end.
  public init(_ path: String) throws {
    place = try FinalPlace(path)
    var status = stat()
    guard stat(place.path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
      throw TrackingError(.conflict, "'\(path)' is there and is no file; name another to write to")
    }
    try makeDirectories(place.parent)
    Draft.sweep(place.parent, prefix: place.prefix)
    draft = try Draft(.file, in: place.parent, prefix: place.prefix)
    output = PartOutput(to: draft)
    pen = try TarPen(to: output, binaryNames: false)
  }

  /// Adds a part.
  ///
  /// - Parameters:
  ///   - name: a path of ASCII, unique in the file.
  ///   - bytes: how many bytes `body` writes.
  ///   - body: is handed what writes the next bytes.
  /// - Throws: `.conflict` when `body` writes more or fewer; what it throws.
  public func add(_ name: String, bytes: Int64, _ body: (([UInt8]) throws -> Void) throws -> Void) throws {
    try pen.begin(ArtifactMember(path: name, kind: .file, bytes: bytes))
    var rest = bytes
    try body { piece in
      rest -= Int64(piece.count)
      guard rest >= 0, !piece.isEmpty else { return }
      try piece.withUnsafeBytes { try self.pen.write($0) }
    }
    guard rest == 0 else {
      throw TrackingError(
        .conflict, "the part '\(name)' changed while it was written; try again when nothing writes to it")
    }
    try pen.end()
    try output.endPart(name)
  }

  /// Ends the file and gives it its name.
  ///
  /// - Returns: its length in bytes.
  public func finish() throws -> Int64 {
    try pen.endTar()
    try output.endPart("")
    try output.writeIndex()
    try draft.descriptor.setMode(0o644)
    try draft.descriptor.synchronize()
    try draft.publish(as: place.path)
    return output.bytes
  }
}

/// Compresses a tar into a file, part by part, and digests each part's compressed bytes.
private final class PartOutput: TarOutput {
  private let draft: Draft
  private let compressor = Zstd.Compressor()
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: FrameOutput.frameBytes, alignment: 16)
  private var buffered = 0
  private var hasher = Digest.Hasher()
  private var index = PartIndex()
  private var partStart: Int64 = 0
  private(set) var bytes: Int64 = 0

  init(to draft: Draft) { self.draft = draft }

  deinit { buffer.deallocate() }

  func append(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = min(rest.count, buffer.count - buffered)
      UnsafeMutableRawBufferPointer(rebasing: buffer[buffered..<buffered + count]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
      buffered += count
      rest = rest.dropFirst(count)
      if buffered == buffer.count { try endFrame() }
    }
  }

  private func endFrame() throws {
    let frame = try compressor.frame(of: UnsafeRawBufferPointer(rebasing: buffer[..<buffered]))
    buffered = 0
    try frame.withUnsafeBytes {
      hasher.update($0)
      try draft.descriptor.write($0)
    }
    bytes += Int64(frame.count)
  }

  func endPart(_ name: String) throws {
    if buffered > 0 { try endFrame() }
    index.entries.append(
      PartIndex.Entry(name: name, offset: partStart, bytes: bytes - partStart, digest: hasher.finalize()))
    partStart = bytes
  }

  func writeIndex() throws {
    let frame = index.frame
    try frame.withUnsafeBytes { try draft.descriptor.write($0) }
    bytes += Int64(frame.count)
  }
}
