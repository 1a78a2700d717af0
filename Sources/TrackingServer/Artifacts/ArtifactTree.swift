internal import Tracking

/// The artifacts of a run or a logged model as files and directories.
///
/// A client uploads file by file, and each is a tarball of its own, recorded under its path. What our own trials leave
/// (`model`, `outputs`, checkpoints) is one tarball with many members, shown as a directory.
struct ArtifactTree {
  /// What stands below a directory.
  struct Child: Equatable {
    var name: String
    /// The size of a file in bytes; nil for a directory.
    var bytes: Int64?
  }

  /// A file, and where its bytes are.
  struct File {
    var digest: Digest
    var member: String
    var bytes: Int64
  }

  private struct Entry {
    var names: [[UInt8]]
    var digest: Digest
    var files: Int
  }

  private let entries: [Entry]
  private let store: any ArtifactStore

  init(_ artifacts: [Artifact], in store: any ArtifactStore) {
    entries = artifacts.map { Entry(names: Self.names($0.name), digest: $0.digest, files: $0.files) }
    self.store = store
  }

  init(_ files: [LoggedModelFile], in store: any ArtifactStore) {
    entries = files.map { Entry(names: Self.names($0.path), digest: $0.digest, files: 1) }
    self.store = store
  }

  // Bytes, because texts with different bytes can be equal in Swift, and they are two files.
  private static func names(_ text: String) -> [[UInt8]] {
    text.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
  }

  /// The recorded paths at a path or below it.
  func recorded(at path: ArtifactPath) -> [String] {
    let wanted = path.names.map { Array($0.utf8) }
    return entries.filter { $0.names.starts(with: wanted) }.map { entry in
      entry.names.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    }
  }

  /// Returns the file at a path; nil where there is none, or a directory.
  func file(at path: ArtifactPath) throws -> File? {
    let wanted = path.names.map { Array($0.utf8) }
    // What was recorded under the longer path is the later word.
    for entry in entries.sorted(by: { $0.names.count > $1.names.count }) where wanted.starts(with: entry.names) {
      if let file = try single(entry) {
        if wanted.count == entry.names.count { return file }
        continue
      }
      let members = Members(try store.members(of: entry.digest))
      guard let file = members.file(wanted.dropFirst(entry.names.count)) else { continue }
      return File(digest: entry.digest, member: file.path, bytes: file.bytes)
    }
    return nil
  }

  /// Returns what stands below a directory, by name; nothing for a file, and where there is nothing.
  func children(of path: ArtifactPath) throws -> [Child] {
    let wanted = path.names.map { Array($0.utf8) }
    var found: [[UInt8]: Int64?] = [:]
    for entry in entries where entry.names.count <= wanted.count && wanted.starts(with: entry.names) {
      if try single(entry) != nil { continue }
      let members = Members(try store.members(of: entry.digest))
      found.merge(members.children(of: wanted.dropFirst(entry.names.count))) { $1 }
    }
    for entry in entries where entry.names.count > wanted.count && entry.names.starts(with: wanted) {
      let bytes = entry.names.count == wanted.count + 1 ? try single(entry)?.bytes : nil
      found[entry.names[wanted.count]] = bytes
    }
    return found.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
      Child(name: String(decoding: $0.key, as: UTF8.self), bytes: $0.value)
    }
  }

  /// Whether something other than a file stands at a path.
  func isDirectory(_ path: ArtifactPath) throws -> Bool { try !children(of: path).isEmpty }

  // The one file of a tarball that was recorded under the file's own name.
  private func single(_ entry: Entry) throws -> File? {
    guard entry.files == 1 else { return nil }
    let members = try store.members(of: entry.digest)
    guard members.count == 1, members[0].kind == .file, let last = entry.names.last,
      members[0].path.utf8.elementsEqual(last)
    else { return nil }
    return File(digest: entry.digest, member: members[0].path, bytes: members[0].bytes)
  }
}

/// The members of a tarball, with links followed to the files that they lead to.
private struct Members {
  private let all: [[[UInt8]]: ArtifactMember]

  init(_ members: [ArtifactMember]) {
    all = Dictionary(
      members.map { (Self.names($0.path), $0) }, uniquingKeysWith: { $1 })
  }

  private static func names(_ path: String) -> [[UInt8]] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
  }

  /// The file at a path; nil for anything else, a link that leads nowhere too.
  func file(_ names: ArraySlice<[UInt8]>) -> ArtifactMember? {
    var at = Array(names)
    for _ in 0..<8 {
      guard let member = all[at] else { return nil }
      switch member.kind {
      case .file: return member
      case .directory: return nil
      case .link:
        // The rules of tarballs let `..` stand at a target's beginning only, and keep it inside.
        at.removeLast()
        for name in Self.names(member.target ?? "") {
          if name == Array("..".utf8) {
            if !at.isEmpty { at.removeLast() }
          } else if name != Array(".".utf8) {
            at.append(name)
          }
        }
      }
    }
    return nil
  }

  /// What stands below a directory, with the sizes of files.
  func children(of directory: ArraySlice<[UInt8]>) -> [[UInt8]: Int64?] {
    var found: [[UInt8]: Int64?] = [:]
    for (names, member) in all where names.count > directory.count && names.starts(with: directory) {
      let name = names[directory.count]
      if names.count > directory.count + 1 || member.kind == .directory {
        found[name] = .some(nil)
      } else if let file = file(names[...]) {
        found[name] = file.bytes
      }
    }
    return found
  }
}
