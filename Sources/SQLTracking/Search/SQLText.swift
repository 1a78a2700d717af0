internal import SQL

/// A statement being put together: its arguments, numbered as they are added.
struct SQLText {
  private(set) var arguments: [SQLValue] = []

  /// Adds an argument.
  ///
  /// - Returns: its placeholder.
  mutating func bind(_ value: SQLValue) -> String {
    arguments.append(value)
    return "$\(arguments.count)"
  }
}
