internal import Tracking
private import Yams

/// A file `meta.yaml` of an MLflow file store: names with scalars, and at most one mapping of texts.
struct MetaFile {
  private let path: String
  private var scalars: [String: String] = [:]
  private var mappings: [String: [String: String]] = [:]

  /// Reads one.
  ///
  /// - Throws: `.notFound`; `.corrupt` for what is no mapping in YAML.
  init(_ path: String) throws {
    self.path = path
    let text = try fileText(path)
    let node: Node?
    do { node = try Yams.compose(yaml: text) } catch {
      throw TrackingError(.corrupt, "'\(path)' is not YAML: \(error)")
    }
    guard case .mapping(let members)? = node else {
      throw TrackingError(.corrupt, "'\(path)' is damaged: it has no names with values")
    }
    for (key, value) in members {
      guard let name = key.string else { continue }
      switch value {
      case .scalar(let scalar):
        let isPlain = scalar.style == .plain || scalar.style == .any
        if !(isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)) { scalars[name] = scalar.string }
      case .mapping(let inner):
        var texts: [String: String] = [:]
        for (key, value) in inner { if let name = key.string, let text = value.string { texts[name] = text } }
        mappings[name] = texts
      default: continue
      }
    }
  }

  /// Returns a value as a text; nil where it is missing or null.
  func text(_ name: String) -> String? { scalars[name] }

  /// Returns a value that must be there.
  ///
  /// - Throws: `.corrupt`.
  func need(_ name: String) throws -> String {
    guard let value = scalars[name] else { throw TrackingError(.corrupt, "'\(path)' is damaged: it has no '\(name)'") }
    return value
  }

  /// Returns a whole number; nil where it is missing or null.
  ///
  /// - Throws: `.corrupt` for anything else.
  func integer(_ name: String) throws -> Int64? {
    guard let value = scalars[name] else { return nil }
    if let number = Int64(value) { return number }
    if let real = Double(value), let number = Int64(exactly: real.rounded()) { return number }
    throw TrackingError(.corrupt, "'\(path)' is damaged: '\(name)' is '\(value)', which is no whole number")
  }

  /// Returns a moment in milliseconds since 1970 UTC; nil where it is missing or null.
  func time(_ name: String) throws -> Timestamp? { try integer(name).map { Timestamp(milliseconds: $0) } }

  /// Returns a mapping of texts.
  func mapping(_ name: String) -> [String: String] { mappings[name] ?? [:] }
}
