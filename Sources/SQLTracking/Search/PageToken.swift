internal import SQL
internal import Tracking

/// Where a search goes on: the terms of the last row of the page before, and of which query it was.
struct PageToken {
  var values: [SQLValue]

  /// The token as a text: a mark of the query, then the values.
  func text(of query: RunQuery) -> String {
    let list = values.map { value -> Value in
      switch value {
      case .integer(let number): .integer(number)
      // Bits, since a JSON number has no infinity.
      case .real(let number): .list([.integer(Int64(bitPattern: number.bitPattern))])
      case .text(let text): .text(text)
      case .null, .blob: preconditionFailure("the terms of an order are numbers and texts")
      }
    }
    return Self.mark(of: query) + Value.list(list).json
  }

  /// Reads a token.
  ///
  /// - Throws: `.invalid` for one of another query.
  init(_ text: String, of query: RunQuery) throws {
    let mark = Self.mark(of: query)
    guard text.hasPrefix(mark), let list = try? Value(json: String(text.dropFirst(mark.count))).list else {
      throw TrackingError(
        .invalid,
        "the page token '\(text)' is not of this query; ask for the first page, or with the query that the "
          + "token came from.")
    }
    values = try list.map { value in
      switch value {
      case .integer(let number): return .integer(number)
      case .text(let text): return .text(text)
      case .list(let bits):
        if bits.count == 1, case .integer(let number) = bits[0] {
          let real = Double(bitPattern: UInt64(bitPattern: number))
          // No term is NaN, and no database takes it for a number.
          if !real.isNaN { return .real(real) }
        }
        fallthrough
      default: throw TrackingError(.invalid, "the page token '\(text)' is damaged; ask for the first page again.")
      }
    }
  }

  init(values: [SQLValue]) { self.values = values }

  /// What makes a query the same query: everything but its page and what it brings along.
  private static func mark(of query: RunQuery) -> String {
    var same = query
    same.pageToken = nil
    same.limit = 1
    same.includesDetails = false
    same.includesInputs = false
    return Digest(hashing: same.wire.json).hex.prefix(8) + ":"
  }
}
