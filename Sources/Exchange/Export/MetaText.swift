internal import Tracking

/// Writes a file `meta.yaml`: names with values, in the order in which they are given.
struct MetaText {
  private(set) var text = ""

  /// Adds a text, or null.
  mutating func add(_ name: String, _ value: String?) {
    guard let value else {
      text += "\(name): null\n"
      return
    }
    // What JSON quotes, YAML reads the same.
    text += "\(name): "
    Value.quote(value, to: &text)
    text += "\n"
  }

  /// Adds a whole number, or null.
  mutating func add(_ name: String, _ value: Int64?) { text += "\(name): \(value.map(String.init) ?? "null")\n" }

  /// Adds a mapping of texts.
  mutating func add(_ name: String, _ values: [String: String]) {
    guard !values.isEmpty else {
      text += "\(name): {}\n"
      return
    }
    text += "\(name):\n"
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      text += "  "
      Value.quote(name, to: &text)
      text += ": "
      Value.quote(value, to: &text)
      text += "\n"
    }
  }

  /// Adds an empty list.
  mutating func addEmptyList(_ name: String) { text += "\(name): []\n" }
}
