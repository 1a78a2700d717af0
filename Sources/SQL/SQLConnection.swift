/// A connection inside one transaction, handed to a closure that it must not leave.
///
/// Statements are written with the placeholders `$1`, `$2`, ... so that one text serves every database; a
/// placeholder may occur twice. Statements are prepared once for each connection and kept.
public protocol SQLConnection: AnyObject {
  /// Runs one statement.
  ///
  /// - Returns: how many rows it inserted, updated or deleted.
  @discardableResult
  func run(_ sql: String, _ arguments: [SQLValue]) throws -> Int

  /// Runs one statement and hands each of its rows to a closure, which answers whether it wants more.
  func forEachRow(_ sql: String, _ arguments: [SQLValue], _ body: (any SQLRow) throws -> Bool) throws

  /// Runs several statements without arguments, separated by semicolons.
  func runScript(_ sql: String) throws
}

extension SQLConnection {
  /// Runs one statement without arguments.
  @discardableResult
  public func run(_ sql: String) throws -> Int { try run(sql, []) }

  /// What a closure makes of each row of a statement, in order.
  public func rows<Element>(
    _ sql: String, _ arguments: [SQLValue] = [], _ element: (any SQLRow) throws -> Element
  ) throws -> [Element] {
    var elements: [Element] = []
    try forEachRow(sql, arguments) { row in
      elements.append(try element(row))
      return true
    }
    return elements
  }

  /// What a closure makes of a statement's first row, or `nil` if it has none.
  public func firstRow<Element>(
    _ sql: String, _ arguments: [SQLValue] = [], _ element: (any SQLRow) throws -> Element
  ) throws -> Element? {
    var found: Element?
    try forEachRow(sql, arguments) { row in
      found = try element(row)
      return false
    }
    return found
  }

  /// The whole number in the first column of the first row, or `nil` if there is no row or it is NULL.
  public func firstInteger(_ sql: String, _ arguments: [SQLValue] = []) throws -> Int64? {
    try firstRow(sql, arguments) { $0.optionalInteger(0) } ?? nil
  }

  /// The text in the first column of the first row, or `nil` if there is no row or it is NULL.
  public func firstText(_ sql: String, _ arguments: [SQLValue] = []) throws -> String? {
    try firstRow(sql, arguments) { $0.optionalText(0) } ?? nil
  }
}
