internal import Glibc
internal import Tracking

/// Which files of a folder are its code: what git tracks and what it does not ignore, else everything; less what
/// `.runsignore` and `.amlignore` leave out.
///
/// A folder with an `.amlignore` is taken as Azure takes it: git's rules do not count then. Never taken are `.git`, stores,
/// virtual environments, and what Python compiled.
struct SourceFiles {
  /// A file, or a link.
  struct File {
    /// The path below the folder.
    var path: String
    var status: stat
  }

  /// The files and links, sorted by path.
  private(set) var files: [File] = []
  /// What would have been taken and cannot be, with the reason, sorted by path.
  private(set) var leftOut: [(path: String, reason: String)] = []

  private let root: String
  private let own: [IgnoreRules]
  private let stores: Set<FileStamp>

  /// Looks through a folder.
  ///
  /// - Parameters:
  ///   - root: the folder, absolute.
  ///   - fileLimit: a larger file is left out, in bytes.
  ///   - stores: the folders of stores, which are no code.
  init(of root: String, fileLimit: Int64, stores: [String]) {
    self.root = root
    self.stores = Set(stores.compactMap { statusBehindLinks(of: $0).map { SourceFiles.identity($0) } })
    let azure = text(of: root + "/.amlignore")
    own = [text(of: root + "/.runsignore"), azure].compactMap { $0.map { IgnoreRules($0) } }
    if azure == nil, let listed = SourceFiles.listed(byGitIn: root), !listed.isEmpty {
      for path in listed where !isLeftOut(path) { take(path, fileLimit) }
    } else {
      walk("", azure == nil ? [] : nil, fileLimit)
    }
    files.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    leftOut.sort { $0.path < $1.path }
  }

  // Which file it is, whatever was written to it.
  private static func identity(_ status: stat) -> FileStamp {
    FileStamp(device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: 0, modified: 0, changed: 0)
  }

  // What git tracks below a folder, and what it would offer to add; nil where there is no git.
  private static func listed(byGitIn root: String) -> [String]? {
    guard GitState.isInWorkTree(root) else { return nil }
    let arguments = [
      "git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", ".",
      GitState.stores,
    ]
    guard let bytes = output(of: arguments) else { return nil }
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  // A path of git's list: the rules were not asked about the folders above it.
  private func isLeftOut(_ path: String) -> Bool {
    let parts = path.split(separator: "/").map(String.init)
    return parts.indices.contains { place in
      let isDirectory = place + 1 < parts.count
      let name = parts[place]
      if isDirectory, SourceFiles.isNever(name) { return true }
      let above = parts[...place].joined(separator: "/")
      return own.contains { $0.leavesOut(above, isDirectory: isDirectory) }
    }
  }

  private static func isNever(_ name: String) -> Bool { name == ".git" || name == ".runs" || name == "__pycache__" }

  private func isNever(_ name: String, _ place: String, _ status: stat) -> Bool {
    guard status.isDirectory else { return false }
    return SourceFiles.isNever(name) || stores.contains(SourceFiles.identity(status))
      || access(place + "/pyvenv.cfg", F_OK) == 0
  }

  private mutating func take(_ path: String, _ fileLimit: Int64) {
    let place = root + "/" + path
    // What git tracks may have been removed.
    guard let found = status(of: place) else { return }
    if found.isDirectory {
      // A submodule, or a repository in the repository.
      let name = path.split(separator: "/").last.map(String.init) ?? path
      if !isNever(name, place, found) { walk(path.hasSuffix("/") ? String(path.dropLast()) : path, [], fileLimit) }
    } else if found.isLink {
      let target = target(ofLink: place) ?? ""
      guard SourceFiles.staysInside(path, target) else {
        return leftOut.append((path, "a link to \(target), which is outside"))
      }
      files.append(File(path: path, status: found))
    } else if SourceFiles.holdsSecrets(path) {
      leftOut.append((path, "a file of secrets, by its name"))
    } else if !found.isFile {
      leftOut.append((path, "neither a file nor a link"))
    } else if Int64(found.st_size) > fileLimit {
      leftOut.append((path, "\(found.st_size) bytes, more than \(fileLimit)"))
    } else if access(place, R_OK) != 0 {
      leftOut.append((path, "cannot be read"))
    } else {
      files.append(File(path: path, status: found))
    }
  }

  /// Goes through a folder and those below.
  ///
  /// - Parameter ignored: the `.gitignore`s of the folders above, with the folders; nil where they do not count.
  private mutating func walk(_ folder: String, _ ignored: [(String, IgnoreRules)]?, _ fileLimit: Int64) {
    let place = folder.isEmpty ? root : root + "/" + folder
    var ignored = ignored
    if ignored != nil, let rules = text(of: place + "/.gitignore") { ignored?.append((folder, IgnoreRules(rules))) }
    for name in names(in: place) {
      let path = folder.isEmpty ? name : folder + "/" + name
      guard let found = status(of: place + "/" + name) else {
        leftOut.append((path, "its name is no UTF-8, or it is gone"))
        continue
      }
      guard !isNever(name, place + "/" + name, found),
        !own.contains(where: { $0.leavesOut(path, isDirectory: found.isDirectory) }),
        !SourceFiles.leavesOut(path, found.isDirectory, ignored ?? [])
      else { continue }
      if found.isDirectory { walk(path, ignored, fileLimit) } else { take(path, fileLimit) }
    }
  }

  private static func leavesOut(_ path: String, _ isDirectory: Bool, _ ignored: [(String, IgnoreRules)]) -> Bool {
    ignored.contains { folder, rules in
      rules.leavesOut(folder.isEmpty ? path : String(path.dropFirst(folder.count + 1)), isDirectory: isDirectory)
    }
  }

  /// Files that hold secrets, by their names.
  static let secretNames: Set<String> = [
    ".env", ".netrc", ".pypirc", ".git-credentials", "id_rsa", "id_ed25519", "id_ecdsa",
  ]

  private static func holdsSecrets(_ path: String) -> Bool {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    if secretNames.contains(name) { return true }
    guard name.hasPrefix(".env.") else { return false }
    return ![".env.example", ".env.sample", ".env.template", ".env.dist"].contains(name)
  }

  // A link that leads out of the folder leads nowhere where the folder is unpacked.
  private static func staysInside(_ path: String, _ target: String) -> Bool {
    guard !target.isEmpty, !target.hasPrefix("/") else { return false }
    var depth = path.split(separator: "/").count - 1
    for part in target.split(separator: "/") where part != "." {
      depth += part == ".." ? -1 : 1
      if depth < 0 { return false }
    }
    return true
  }
}
