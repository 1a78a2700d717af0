internal import Tracking

/// MLflow's rules for names and lengths, and what it says when they are broken.
enum NameRules {
  /// The most characters of a name of a metric, parameter or tag.
  static let nameLength = 250
  /// The most characters of a parameter's value; what is longer is cut off.
  static let parameterLength = 6000
  /// The most characters of a tag's value; what is longer is cut off.
  static let tagLength = 8000

  /// Checks the name of a metric, parameter or tag.
  ///
  /// - Parameters:
  ///   - kind: what MLflow calls it where it is too long: `Metric name`.
  ///   - path: the field: `name`, `metrics[3].name`.
  static func check(_ name: String, kind: String, path: @autoclosure () -> String) throws {
    var isSimple = true
    var count = 0
    for byte in name.utf8 {
      count += 1
      switch byte {
      case 48...57, 65...90, 97...122, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: " "), UInt8(ascii: ":"): break
      default: isSimple = false
      }
    }
    if isSimple, count > 0, count <= nameLength { return }
    try checkSlowly(name, kind: kind, path: path())
  }

  private static func checkSlowly(_ name: String, kind: String, path: String) throws {
    guard name.unicodeScalars.allSatisfy(isAllowed) else {
      throw APIError.invalid(
        "Invalid value \(Value.text(name).json) for parameter '\(path)' supplied: Names may only contain alphanumerics, "
          + "underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).")
    }
    let normal = normalized(name)
    if normal != name || normal == "." || normal.hasPrefix("..") || normal.hasPrefix("/") {
      throw APIError.invalid(
        "Invalid value \(Value.text(name).json) for parameter '\(path)' supplied: Names may be treated as files in certain "
          + "cases, and must not resolve to other names when treated as such. This name would resolve to '\(normal)'")
    }
    guard name.unicodeScalars.count <= nameLength else { throw tooLong(kind, nameLength) }
  }

  /// What MLflow says of a text that is too long.
  static func tooLong(_ kind: String, _ limit: Int) -> APIError {
    .invalid("'\(kind)' exceeds the maximum length of \(limit) characters")
  }

  /// Cuts a text to so many characters.
  static func cut(_ text: String, to limit: Int) -> String {
    if text.utf8.count <= limit { return text }
    let scalars = text.unicodeScalars
    return scalars.count <= limit ? text : String(String.UnicodeScalarView(scalars.prefix(limit)))
  }

  // What Python's \w matches, and / . - : and space.
  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".", ":", "/", " ": return true
    default:
      guard !scalar.isASCII else { return false }
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
        .letterNumber, .otherNumber:
        return true
      default: return false
      }
    }
  }

  // As Python's posixpath.normpath.
  private static func normalized(_ path: String) -> String {
    if path.isEmpty { return "." }
    let start = path.hasPrefix("/") ? (path.hasPrefix("//") && !path.hasPrefix("///") ? "//" : "/") : ""
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part != ".." || (start.isEmpty && parts.isEmpty) || parts.last == ".." {
        parts.append(part)
      } else if !parts.isEmpty {
        parts.removeLast()
      }
    }
    let joined = start + parts.joined(separator: "/")
    return joined.isEmpty ? "." : joined
  }
}
