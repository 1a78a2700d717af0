internal import SQL
internal import Synchronization
internal import Tracking

/// The numbers of metric, parameter and tag names, which never change: each is looked up once.
final class Names: Sendable {
  private let known = Mutex<[ExactText: Int64]>([:])
  /// Names by their numbers, which are counted from 1; empty where one is not known.
  private let texts = Mutex<[String]>([])

  /// The number of a name, or `nil` if nothing was ever recorded under it.
  func number(of name: String, in connection: any SQLConnection) throws -> Int64? {
    if let number = known.withLock({ $0[ExactText(name)] }) { return number }
    let number = try connection.firstInteger("SELECT id FROM names WHERE name = $1", [.text(name)])
    // A read sees only what is committed, so that this stays true.
    if let number { learn([ExactText(name): number]) }
    return number
  }

  /// The number of a name in a transaction that may yet be rolled back.
  ///
  /// - Parameter fresh: names found or made by this transaction; to be handed to `learn` once it is committed.
  func number(
    of name: String, in connection: any SQLConnection, fresh: inout [ExactText: Int64]
  ) throws -> Int64 {
    if let number = known.withLock({ $0[ExactText(name)] }) ?? fresh[ExactText(name)] { return number }
    let number =
      try connection.firstInteger("SELECT id FROM names WHERE name = $1", [.text(name)])
      ?? connection.firstInteger(
        "INSERT INTO names (id, name) VALUES ((SELECT coalesce(max(id), 0) + 1 FROM names), $1) RETURNING id",
        [.text(name)])
    guard let number else { preconditionFailure("an insert returned no id") }
    fresh[ExactText(name)] = number
    return number
  }

  /// Names by their numbers as far as they are known, for `text(of:in:known:)`.
  func knownTexts() -> [String] { texts.withLock { $0 } }

  /// The name of a number.
  ///
  /// - Parameter known: what `knownTexts` said at first; gains the name.
  func text(of number: Int64, in connection: any SQLConnection, known: inout [String]) throws -> String {
    if let place = Int(exactly: number), known.indices.contains(place), !known[place].isEmpty { return known[place] }
    guard let name = try connection.firstText("SELECT name FROM names WHERE id = $1", [.integer(number)]) else {
      throw TrackingError(.corrupt, "a record has a name of number \(number), which is not there.")
    }
    // Numbers are dense; a damaged one must not ask for all memory.
    if let place = Int(exactly: number), (0..<(1 << 24)).contains(place) {
      known = texts.withLock { texts in
        if texts.count <= place { texts += Array(repeating: "", count: place + 1 - texts.count) }
        texts[place] = name
        return texts
      }
    }
    return name
  }

  /// Remembers names that are committed.
  func learn(_ numbers: [ExactText: Int64]) {
    guard !numbers.isEmpty else { return }
    known.withLock { $0.merge(numbers) { _, new in new } }
  }
}

/// A text that equals only a text of the same bytes, as it does in the database.
///
/// To `String`, a letter with its accent equals the letter followed by the accent.
struct ExactText: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: ExactText, right: ExactText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
