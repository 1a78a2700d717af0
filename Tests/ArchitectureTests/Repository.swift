import FoundationEssentials

/// The working tree that the tests were built from.
enum Repository {
  static let root: String = {
    // Tests/ArchitectureTests/Repository.swift
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/")
  }()

  static func text(_ path: String) throws -> String {
    try String(contentsOfFile: root + "/" + path, encoding: .utf8)
  }

  static func lines(_ path: String) throws -> [String] {
    try text(path).split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
  }

  /// The paths of the files below a folder, relative to the root, hidden ones left out.
  static func files(in folder: String, suffixes: [String]) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)) ?? []
    return names.sorted().flatMap { name -> [String] in
      let path = folder + "/" + name
      if name.hasPrefix(".") { return [] }
      if suffixes.contains(where: { name.hasSuffix($0) }) { return [path] }
      var isDirectory = false
      _ = FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isDirectory)
      return isDirectory ? files(in: path, suffixes: suffixes) : []
    }
  }

  /// Every Swift file of ours that is not a test.
  static let sources = ["Sources", "plugins", "schema"].flatMap { files(in: $0, suffixes: [".swift"]) }
}

/// A target as Package.swift declares it.
struct DeclaredTarget {
  enum Kind: Equatable {
    case room
    case plugin
    case cModule
    case executable
    case tests
  }

  var name: String
  var kind: Kind
  /// What it declares to depend on, products of packages included.
  var dependencies: Set<String>
  /// Where its sources lie.
  var folder: String
  /// Whether a comment stands on the line before it.
  var hasPurpose: Bool
}

extension DeclaredTarget {
  /// Reads the targets of Package.swift: calls of its functions, one after the other.
  static func all() throws -> [DeclaredTarget] {
    let text = try Repository.text("Package.swift")
    guard let start = text.firstRange(of: "  targets: [") else { return [] }
    let lines = text[start.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
    var targets: [DeclaredTarget] = []
    var call = ""
    var before = ""
    var depth = 0
    for line in lines {
      let trimmed = String(line.drop { $0 == " " })
      if trimmed.hasPrefix("//") || trimmed.isEmpty {
        if call.isEmpty { before = trimmed }
        continue
      }
      if call.isEmpty, trimmed.hasPrefix("]") { break }
      call += trimmed + " "
      depth += trimmed.count { $0 == "(" } - trimmed.count { $0 == ")" }
      if depth == 0 {
        if let target = DeclaredTarget(call: call, hasPurpose: before.hasPrefix("// ")) { targets.append(target) }
        call = ""
        before = ""
      }
    }
    return targets
  }

  private init?(call: String, hasPurpose: Bool) {
    let kinds: [(String, Kind)] = [
      ("room(", .room), ("plugin(", .plugin), ("system(", .cModule), (".systemLibrary(", .cModule),
      (".target(", .cModule),
      (".executableTarget(", .executable), ("tests(", .tests),
    ]
    guard let (opening, kind) = kinds.first(where: { call.hasPrefix($0.0) }) else { return nil }
    let texts = call.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    guard let name = texts.first else { return nil }
    self.name = name
    self.kind = kind
    self.hasPurpose = hasPurpose
    var list = call.dropFirst(opening.count)
    if let declared = call.firstRange(of: "dependencies: [") ?? call.firstRange(of: "shims: [") {
      list = call[declared.upperBound...]
    } else if let bracket = call.firstIndex(of: "[") {
      list = call[call.index(after: bracket)...]
    } else {
      list = ""
    }
    let inside = list.prefix { $0 != "]" }
    dependencies = Set(
      inside.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }.map { String($0.element) })
    if kind == .plugin { dependencies.insert("Tracking") }
    func argument(_ label: String) -> String? {
      guard let at = call.firstRange(of: label + ": \"") else { return nil }
      return String(call[at.upperBound...].prefix { $0 != "\"" })
    }
    folder =
      switch kind {
      case .plugin: "plugins/" + (argument("in") ?? "")
      case .tests: "Tests/" + name
      default: argument("in") ?? argument("path") ?? "Sources/" + name
      }
  }
}

/// The modules that a Swift file imports, with their lines.
func imports(of file: String) throws -> [(line: Int, module: String)] {
  var found: [(line: Int, module: String)] = []
  for (number, line) in try Repository.lines(file).enumerated() {
    var words = line.split(separator: " ").map { String($0) }
    while let first = words.first,
      first.hasPrefix("@") || first == "public" || first == "internal" || first == "private"
        || first == "fileprivate" || first == "package"
    { words.removeFirst() }
    guard words.count >= 2, words[0] == "import" else { continue }
    let kinds = ["struct", "class", "enum", "func", "protocol", "typealias", "let", "var"]
    let module = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
    found.append((number + 1, String(module.prefix { $0 != "." })))
  }
  return found
}
