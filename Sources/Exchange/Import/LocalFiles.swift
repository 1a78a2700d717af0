internal import Glibc
internal import Tracking

/// Artifacts in folders of this machine.
public final class LocalFiles: ForeignFiles {
  private let folder: String?
  private let report: ProblemReport
  private let remark: ProblemReport?
  private var missing: Set<String> = []

  /// Looks for artifacts.
  ///
  /// - Parameters:
  ///   - folder: where those are that are not where a record says (they were moved, or a server kept them); it has a folder
  ///     an experiment.
  ///   - report: takes what cannot be read.
  ///   - remark: takes what need not be a loss: that the folder of all runs' artifacts is not there, where the one that it
  ///     would lie in is. Nil where it always is one: what makes the folder is not the first artifact.
  public init(folder: String?, report: @escaping ProblemReport, remark: ProblemReport? = nil) {
    self.folder = folder
    self.report = report
    self.remark = remark
  }

  /// Returns the files below a place.
  public func files(at place: String) throws -> [ForeignFile] {
    guard let directory = directory(of: place) else { return [] }
    return try Exchange.files(below: directory) { path in
      report("'\(path)' is neither a file nor a directory, so it is left out")
    }.map { ForeignFile(path: $0.path, bytes: $0.bytes) }
  }

  /// Hands a file's own path to a closure.
  public func withFile<Result>(
    _ file: ForeignFile, at place: String, _ body: (String) throws -> Result
  ) throws -> Result {
    guard let directory = directory(of: place) else {
      throw TrackingError(.notFound, "the artifacts at '\(place)' are not there any more")
    }
    let path = directory + "/" + file.path
    guard access(path, R_OK) == 0 else { throw TrackingError(.invalid, TrackingError(cannot: "read", path).message) }
    return try body(path)
  }

  // The directory that a place means, whether it is there or not; nil when it cannot be one, which is told once.
  private func directory(of place: String) -> String? {
    var path: String? = place
    if let scheme = place.firstRange(of: ":/"), !place[..<scheme.lowerBound].contains("/") {
      switch place[..<scheme.lowerBound] {
      case "file": path = LocalFiles.path(ofFileURI: place)
      case "mlflow-artifacts":
        // mlflow-artifacts:/PATH, or mlflow-artifacts://HOST/PATH.
        var rest = place[scheme.upperBound...]
        if rest.hasPrefix("/") { rest = rest.dropFirst().drop { $0 != "/" } }
        path = folder.map { $0 + "/" + rest.drop { $0 == "/" } }
        if path == nil {
          tellMissing("a server keeps the artifacts at '\(place)' and others; name their folder with --artifacts")
          return nil
        }
      default:
        let root = place.split(separator: "/", omittingEmptySubsequences: false).prefix(3).joined(separator: "/")
        tellMissing("the artifacts below '\(root)' are not on this machine, so they are left out")
        return nil
      }
    }
    guard let path else { return nil }
    if isDirectory(path) { return path }
    let names = path.split(separator: "/").map(String.init)
    if let folder, let tail = LocalFiles.tail(of: names) {
      let moved = folder + "/" + tail
      if isDirectory(moved) { return moved }
    }
    // A run without artifacts may have no folder; but where the folders of all are missing, they were moved.
    let depth = LocalFiles.tail(of: names)?.split(separator: "/").count ?? 3
    let above = "/" + names.dropLast(depth).joined(separator: "/")
    guard !isDirectory(above), folder == nil else { return nil }
    // A logged model has files.
    if let remark, depth == 3, isDirectory("/" + names.dropLast(depth + 1).joined(separator: "/")) {
      tellMissing(
        "there are no artifacts at '\(above)': none was logged, or they were moved; then name their folder with --artifacts",
        to: remark)
    } else {
      tellMissing("there are no artifacts at '\(above)'; when they were moved, name their folder with --artifacts")
    }
    return nil
  }

  // What follows the root: EXPERIMENT/RUN/artifacts, or EXPERIMENT/models/MODEL/artifacts.
  private static func tail(of names: [String]) -> String? {
    guard names.count >= 3, names.last == "artifacts" else { return nil }
    let count = names.count >= 4 && names[names.count - 3] == "models" ? 4 : 3
    return names.suffix(count).joined(separator: "/")
  }

  private func tellMissing(_ sentence: String, to told: ProblemReport? = nil) {
    let key = String(sentence.prefix { $0 != "/" }) + (sentence.contains("--artifacts") ? "" : sentence)
    if missing.insert(key).inserted { (told ?? report)(sentence) }
  }

  /// Returns the path of a `file:` URI, with or without an empty host; nil for one of another machine.
  static func path(ofFileURI uri: String) -> String? {
    var rest = uri.dropFirst("file:".count)
    if rest.hasPrefix("//") {
      rest = rest.dropFirst(2)
      let host = rest.prefix { $0 != "/" }
      guard host.isEmpty || host == "localhost" else { return nil }
      rest = rest.dropFirst(host.count)
    }
    return percentDecoded(rest)
  }
}

/// Returns a text with `%2F` and the like decoded; nil where that is no UTF-8.
func percentDecoded(_ text: some StringProtocol) -> String? {
  var bytes: [UInt8] = []
  var rest = text.utf8[...]
  while let byte = rest.popFirst() {
    if byte == UInt8(ascii: "%"), rest.count >= 2,
      let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
    {
      bytes.append(code)
      rest = rest.dropFirst(2)
    } else {
      bytes.append(byte)
    }
  }
  return String(validating: bytes, as: UTF8.self)
}

/// Returns a text as a part of a URL: everything but letters, digits and `-._~` (and `/` where that is kept) encoded.
func percentEncoded(_ text: String, keepsSlashes: Bool = false) -> String {
  var out = ""
  for byte in text.utf8 {
    let isPlain =
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
      || "-._~".utf8.contains(byte) || (keepsSlashes && byte == UInt8(ascii: "/"))
    if isPlain {
      out.unicodeScalars.append(Unicode.Scalar(byte))
    } else {
      let hex = String(byte, radix: 16, uppercase: true)
      out += "%" + (hex.count == 1 ? "0" : "") + hex
    }
  }
  return out
}
