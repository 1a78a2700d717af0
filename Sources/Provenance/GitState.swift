internal import Glibc
internal import Tracking

/// Where a folder's code stands in its git repository.
public struct GitState: Sendable, Equatable {
  /// The address of the remote, without a user's name or password; nil for none.
  public var remote: String?
  /// The branch; nil for a commit that no branch names.
  public var branch: String?
  /// The commit; nil before the first.
  public var commit: String?
  /// True when the folder differs from the commit.
  public var isDirty: Bool
  /// The difference from the commit as `git diff` prints it, untracked files not included; empty for none.
  public var difference: [UInt8]

  /// Leaves stores of runs out: they are no code, and do not make a tree dirty.
  static let stores = ":(exclude,glob)**/.runs/**"

  /// Returns whether a folder lies in a work tree of git, without starting git.
  static func isInWorkTree(_ folder: String) -> Bool { workTree(of: folder) != nil }

  /// Returns the top of the work tree that a folder lies in; nil where there is none.
  public static func workTree(of folder: String) -> String? {
    var place = folder
    while !place.isEmpty {
      if access(place + "/.git", F_OK) == 0 { return place }
      guard let slash = place.lastIndex(of: "/") else { return nil }
      place = String(place[..<slash])
    }
    return nil
  }

  /// Asks git about a folder; nil where there is no repository, or no git.
  ///
  /// One call tells the branch, the commit and whether anything differs; only a dirty tree costs another.
  ///
  /// - Parameter excluded: paths below the folder whose difference is not taken.
  init?(of folder: String, excluding excluded: [String] = []) {
    guard GitState.isInWorkTree(folder) else { return nil }
    func ask(_ arguments: [String]) -> [UInt8]? {
      output(of: ["git", "--no-optional-locks", "-C", folder] + arguments, limit: 32 << 20)
    }
    guard let status = ask(["status", "--porcelain=v2", "--branch", "--untracked-files=normal", ".", GitState.stores])
    else {
      return nil
    }
    isDirty = false
    for line in String(decoding: status, as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix("# branch.oid ") {
        let text = line.dropFirst(13)
        commit = text == "(initial)" ? nil : String(text)
      } else if line.hasPrefix("# branch.head ") {
        let text = line.dropFirst(14)
        branch = text == "(detached)" ? nil : String(text)
      } else if !line.hasPrefix("#") {
        isDirty = true
      }
    }
    let secrets = SourceFiles.secretNames.sorted().map { ":(exclude,glob)**/" + $0 } + [":(exclude,glob)**/.env.*"]
    let paths = ["."] + secrets + excluded.map { ":(exclude,literal)" + $0 }
    let words = ["diff", "--no-color", "--no-ext-diff", "--no-textconv", "--binary", "HEAD", "--"] + paths
    difference = isDirty && commit != nil ? ask(words) ?? [] : []
    remote = (ask(["config", "--get", "remote.origin.url"])).flatMap {
      GitState.withoutCredentials(
        String(decoding: $0, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? "")
    }
  }

  /// Takes users' names and passwords out of every address in a text: what stands between `://` and the last `@` before the
  /// address ends.
  static func withoutCredentials(_ text: String) -> String? {
    guard !text.isEmpty else { return nil }
    var (out, rest) = ("", text[...])
    while let scheme = rest.firstRange(of: "://") {
      out += rest[..<scheme.upperBound]
      rest = rest[scheme.upperBound...]
      let next = rest.firstRange(of: "://")?.lowerBound ?? rest.endIndex
      let end = rest[..<next].firstIndex { $0.isWhitespace || "\"',;".contains($0) } ?? next
      if let at = rest[..<end].lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
    }
    return out + rest
  }

  /// The recorded form, without the difference.
  var value: Value {
    [
      "remote": remote.map { .text($0) } ?? .null, "branch": branch.map { .text($0) } ?? .null,
      "commit": commit.map { .text($0) } ?? .null, "dirty": .boolean(isDirty),
    ]
  }

  /// Reads the recorded form.
  init(value: Value, difference: [UInt8]) {
    remote = value["remote"]?.text
    branch = value["branch"]?.text
    commit = value["commit"]?.text
    isDirty = value["dirty"]?.boolean ?? false
    self.difference = difference
  }
}
