internal import Glibc
public import Tracking

/// A declared input as it was when a run started.
public struct CapturedInput: Sendable, Equatable {
  /// The input's name.
  public var name: String
  /// Where it lay, absolute.
  public var path: String
  /// True for a folder.
  public var isFolder: Bool
  /// What it held; of a file one line, with the file's name.
  public var manifest: FileManifest

  /// The digest of a file's bytes; of a folder that of its manifest.
  public var digest: Digest { isFolder ? manifest.digest : manifest.files.first?.digest ?? manifest.digest }

  /// The recorded form.
  public var value: Value {
    ["path": .text(path), "folder": .boolean(isFolder), "files": manifest.value]
  }

  /// What a run's origin tells of it: `path`, `sha256`, `bytes`.
  public var summary: Value {
    ["path": .text(path), "sha256": .text(digest.hex), "bytes": .integer(manifest.bytes)]
  }

  /// Reads the recorded form.
  ///
  /// - Throws: `.corrupt`.
  public init(name: String, value: Value) throws {
    guard let path = value["path"]?.text, let files = value["files"] else {
      throw TrackingError(.corrupt, "the record of the input '\(name)' has no path or no files")
    }
    self.init(
      name: name, path: path, isFolder: value["folder"]?.boolean ?? false, manifest: try FileManifest(value: files))
  }

  init(name: String, path: String, isFolder: Bool, manifest: FileManifest) {
    self.name = name
    self.path = path
    self.isFolder = isFolder
    self.manifest = manifest
  }

  /// Looks at an input.
  ///
  /// - Parameter caches: where is remembered what was read before, so that 10 GB are read once.
  /// - Throws: `.notFound`, `.system`.
  public init(name: String, path: String, caches: String) throws {
    guard let place = resolved(path), let found = statusBehindLinks(of: place) else {
      throw TrackingError(.notFound, "the input '\(name)': there is no \(path)")
    }
    guard found.isDirectory || found.isFile else {
      throw TrackingError(
        .invalid,
        "the input '\(name)', \(path), is neither a file nor a folder, so it cannot be read twice; give a file")
    }
    let cache = DigestCache(of: place, in: caches)
    defer { cache.save() }
    var folders: Set<FileStamp> = []
    var files: [ManifestFile] = []
    if found.isDirectory {
      try CapturedInput.walk(place, "", cache, &folders, &files)
    } else {
      let file = place.split(separator: "/").last.map(String.init) ?? place
      files = [
        ManifestFile(path: file, bytes: Int64(found.st_size), digest: try cache.digest(of: file, at: place, found))
      ]
    }
    self.init(name: name, path: place, isFolder: found.isDirectory, manifest: FileManifest(files))
  }

  // Links are followed; a folder that has been through, to which one leads back, is not gone through again.
  private static func walk(
    _ root: String, _ folder: String, _ cache: DigestCache, _ folders: inout Set<FileStamp>,
    _ files: inout [ManifestFile]
  ) throws {
    let place = folder.isEmpty ? root : root + "/" + folder
    guard let own = statusBehindLinks(of: place),
      folders.insert(
        FileStamp(device: UInt64(own.st_dev), inode: UInt64(own.st_ino), size: 0, modified: 0, changed: 0)
      ).inserted
    else { return }
    for name in names(in: place) {
      let path = folder.isEmpty ? name : folder + "/" + name
      guard let found = statusBehindLinks(of: root + "/" + path) else { continue }
      if found.isDirectory {
        try walk(root, path, cache, &folders, &files)
      } else if found.isFile {
        files.append(
          ManifestFile(
            path: path, bytes: Int64(found.st_size), digest: try cache.digest(of: path, at: root + "/" + path, found)))
      }
    }
  }
}
