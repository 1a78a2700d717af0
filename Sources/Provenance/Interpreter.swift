internal import Glibc
internal import Tracking

/// The program that executes a script, as its files tell.
struct Interpreter: Equatable {
  /// `python`, `Rscript`, `julia`, `node`, `perl`, `ruby`.
  var family: String
  /// The path that the command leads to, links not resolved: a virtual environment is known by it.
  var path: String

  private static let families = ["python", "pypy", "Rscript", "julia", "node", "perl", "ruby"]

  /// Finds what interprets a command: the first program in it that is an interpreter; else that which a script in it names in
  /// its first line, or calls.
  ///
  /// - Parameters:
  ///   - arguments: the command as it is executed.
  ///   - directory: where it is executed.
  ///   - searchPath: its `PATH`.
  init?(of arguments: [String], in directory: String, searchPath: String) {
    let words = arguments.flatMap { Interpreter.words(of: $0) }
    if let found = Interpreter.first(in: words, directory, searchPath) {
      self = found
      return
    }
    for word in words {
      guard let place = Interpreter.place(of: word, directory, searchPath),
        let text = text(of: place, atMost: 1 << 18), !text.utf8.contains(0)
      else { continue }
      if let found = Interpreter.first(in: Interpreter.words(of: text), directory, searchPath) {
        self = found
        return
      }
    }
    return nil
  }

  private init(family: String, path: String) {
    self.family = family
    self.path = path
  }

  private static func first(in words: [String], _ directory: String, _ searchPath: String) -> Interpreter? {
    for word in words {
      let name = word.split(separator: "/").last.map(String.init) ?? word
      let stem = name.prefix { !$0.isNumber && $0 != "." }
      guard let family = families.first(where: { $0 == stem }), let path = place(of: word, directory, searchPath),
        access(path, X_OK) == 0
      else { continue }
      return Interpreter(family: family, path: path)
    }
    return nil
  }

  // What may be a program or a file in shell text. Too many words do no harm: only those that lead somewhere count.
  private static func words(of text: String) -> [String] {
    text.split { $0.isWhitespace || "\"'`;|&()<>={}$!#".contains($0) }.prefix(4000).map(String.init)
  }

  private static func place(of word: String, _ directory: String, _ searchPath: String) -> String? {
    func file(_ path: String) -> String? { statusBehindLinks(of: path).map(\.isFile) ?? false ? path : nil }
    if word.hasPrefix("/") { return file(word) }
    if let here = word.contains("/") ? file(directory + "/" + word) : nil { return here }
    for folder in searchPath.split(separator: ":") {
      if let found = file(folder + "/" + word), access(found, X_OK) == 0 { return found }
    }
    return word.contains(".") ? file(directory + "/" + word) : nil
  }
}

/// What a Python says of itself.
struct PythonFacts: Equatable {
  var version = ""
  var implementation = ""
  var prefix = ""
  /// Its own file, which a shim that was called only leads to.
  var executable = ""
  /// The directories that modules are looked for in.
  var path: [String] = []

  private static let question = """
    sys = __import__("sys"); platform = __import__("platform")
    print(sys.version.replace(chr(10), ' ')); print(platform.python_implementation()); print(sys.prefix); print(sys.executable)
    [print(place) for place in sys.path if place]
    """

  /// Asks a Python, or takes what it said when it was asked last: it is asked again once its file, its environment's
  /// `pyvenv.cfg` or a variable that it obeys is another.
  init?(of path: String, in directory: String, environment: [String: String], caches: String) {
    guard let real = resolved(path), let found = statusBehindLinks(of: real) else { return nil }
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    let config = ["/pyvenv.cfg", "/../pyvenv.cfg"].map { text(of: folder + $0) ?? "" }.joined()
    let obeyed = environment.filter { $0.key.hasPrefix("PYTHON") || $0.key == "HOME" }.sorted { $0.key < $1.key }
    let stamp = FileStamp(found)
    let choice = PythonFacts.choice(ofShim: real, in: directory, environment)
    let variables = obeyed.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
    let key = Digest(hashing: "\(path)\n\(real)\n\(String(describing: stamp))\n\(config)\n\(variables)\n\(choice)\n3")
    let place = caches + "/" + key.hex.prefix(32) + ".python"
    if let known = text(of: place), let facts = PythonFacts(answer: known) {
      self = facts
      return
    }
    var plain = environment.filter { !$0.key.hasPrefix("RUNS_") && !$0.key.hasPrefix("MLFLOW_") }
    plain["PYTHONDONTWRITEBYTECODE"] = "1"
    guard let bytes = output(of: [path, "-c", PythonFacts.question], environment: plain, limit: 1 << 20),
      let facts = PythonFacts(answer: String(decoding: bytes, as: UTF8.self))
    else { return nil }
    self = facts
    if (try? makeDirectories(caches)) != nil { try? write(bytes, to: place) }
  }

  private init?(answer: String) {
    let lines = answer.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count >= 4, lines[0].first?.isNumber ?? false else { return nil }
    (version, implementation, prefix, executable) = (lines[0], lines[1], lines[2], lines[3])
    path = lines.dropFirst(4).filter { $0.hasPrefix("/") }
  }

  // What a shim decides by which Python it leads to (pyenv, asdf, mise): variables, and files in the folder and above it, and at
  // home; empty for what is no script.
  private static func choice(ofShim file: String, in directory: String, _ environment: [String: String]) -> String {
    guard let head = bytes(of: file, atMost: 1 << 16), head.starts(with: Array("#!".utf8)) else { return "" }
    let told = environment.filter { name, _ in ["PYENV_", "ASDF_", "MISE_"].contains { name.hasPrefix($0) } }
    var texts = told.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    var folder = directory
    while true {
      for name in [".python-version", ".tool-versions", "mise.toml", ".mise.toml"] {
        if let text = text(of: folder + "/" + name, atMost: 1 << 16) { texts.append(text) }
      }
      guard let slash = folder.lastIndex(of: "/") else { break }
      folder = String(folder[..<slash])
    }
    let home = environment["HOME"] ?? ""
    let root = environment["PYENV_ROOT"] ?? home + "/.pyenv"
    for place in [root + "/version", home + "/.tool-versions", home + "/.config/mise/config.toml"] {
      texts.append(text(of: place, atMost: 1 << 16) ?? "")
    }
    return texts.joined(separator: "\n")
  }

  /// What is installed, by normalised name: the version, and where from if it was not an index. The first on the path wins,
  /// as for `import`.
  var packages: [String: String] {
    var found: [String: String] = [:]
    for folder in path {
      for name in names(in: folder) {
        guard let (package, version) = PythonFacts.package(name, in: folder) else { continue }
        if found[package] == nil { found[package] = version }
      }
    }
    return found
  }

  private static func package(_ entry: String, in folder: String) -> (String, String)? {
    let isWheel = entry.hasSuffix(".dist-info")
    guard isWheel || entry.hasSuffix(".egg-info") else { return nil }
    let place = folder + "/" + entry
    let stem = entry.dropLast(isWheel ? 10 : 9)
    let parts = stem.split(separator: "-", maxSplits: 2).map(String.init)
    var (name, version) = (parts.first ?? "", parts.count > 1 ? parts[1] : "")
    for file in isWheel ? ["/METADATA"] : ["/PKG-INFO", ""] {
      guard let head = head(of: place + file) else { continue }
      for line in head.split(separator: "\n", omittingEmptySubsequences: false) {
        if line.hasPrefix("Name: ") { name = String(line.dropFirst(6)) }
        if line.hasPrefix("Version: ") { version = String(line.dropFirst(9)) }
        if line.isEmpty { break }
      }
      break
    }
    guard !name.isEmpty else { return nil }
    let normal = String(name.lowercased().map { $0 == "_" || $0 == "." ? "-" : $0 })
    let source = isWheel ? text(of: place + "/direct_url.json", atMost: 1 << 16).flatMap { try? Value(json: $0) } : nil
    guard let url = source?["url"]?.text else { return (normal, version) }
    let commit = source?["vcs_info"]?["commit_id"]?.text.map { "@" + $0 } ?? ""
    return (normal, "\(version) from \(GitState.withoutCredentials(url) ?? "")\(commit)")
  }

  // The first lines of a file; a description may follow them that is long.
  private static func head(of path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var piece = [UInt8](repeating: 0, count: 2048)
    let count = read(file, &piece, piece.count)
    return count > 0 ? String(decoding: piece[..<count], as: UTF8.self) : nil
  }
}
