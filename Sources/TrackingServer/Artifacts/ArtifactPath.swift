/// The path of an artifact as a request names it: names from the top down, none of which can lead anywhere else.
///
/// Artifacts lie in tarballs that are named by what they hold, and a path is only ever compared with names in the records:
/// nothing is opened by it. The rules are for those who download: a client makes files of these names.
struct ArtifactPath: Sendable, Equatable {
  /// The names; none for the top.
  let names: [String]

  /// The path as records have it: `model/MLmodel`.
  var text: String { names.joined(separator: "/") }

  /// Reads the segments of an address, each decoded once.
  ///
  /// - Throws: 400 `Invalid path`.
  init(segments: [String]) throws {
    guard !segments.contains(where: { $0.utf8.contains(UInt8(ascii: "/")) }) else { throw Self.refusal }
    try self.init(segments.joined(separator: "/"))
  }

  /// Reads an argument; an empty one is the top.
  ///
  /// - Throws: 400 `Invalid path`.
  init(_ text: String) throws {
    guard !text.isEmpty else {
      names = []
      return
    }
    guard text.utf8.count <= 4096 else { throw Self.refusal }
    // What is harmless as it stands may not be after whoever is behind us decoded it once more.
    var seen = text
    var rounds = 0
    while true {
      guard Self.isSafe(seen) else { throw Self.refusal }
      guard let decoded = Self.decoded(seen) else { break }
      rounds += 1
      guard rounds <= 10 else { throw Self.refusal }
      seen = decoded
    }
    names = text.utf8.split(separator: UInt8(ascii: "/")).map { String($0)! }
  }

  private init(checked names: [String]) { self.names = names }

  /// The path below the first so many names.
  func dropping(_ count: Int) -> ArtifactPath { ArtifactPath(checked: Array(names.dropFirst(count))) }

  /// The first so many names.
  func prefix(_ count: Int) -> ArtifactPath { ArtifactPath(checked: Array(names.prefix(count))) }

  static let refusal = APIError.invalid("Invalid path")

  private static func isSafe(_ text: String) -> Bool {
    guard text.unicodeScalars.allSatisfy({ isSafe($0) }) else { return false }
    let names = text.unicodeScalars.map { plain($0) }.split(separator: "/", omittingEmptySubsequences: false)
    for name in names {
      let name = name.joined()
      guard !name.isEmpty, name.utf8.count <= 1024, name.contains(where: { $0 != "." }) || name.count > 2 else {
        return false
      }
      let bytes = Array(name.utf8)
      // A drive, `C:`, and a scheme, `file:`.
      guard bytes.last != UInt8(ascii: ":") else { return false }
      if bytes.count >= 2, bytes[1] == UInt8(ascii: ":"), isLetter(bytes[0]) { return false }
    }
    return true
  }

  private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: false
    default: !["\\", "#", "?"].contains(plain(scalar))
    }
  }

  // What a character is taken for where texts are brought into a normal form, or read by a person.
  private static func plain(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x2024, 0xFF0E, 0xFE52: "."
    case 0x2025: ".."
    case 0x2044, 0x2215, 0x29F8, 0xFF0F: "/"
    case 0x2216, 0x29F5, 0x29F9, 0xFE68, 0xFF3C: "\\"
    case 0xFF1A, 0xFE55: ":"
    case 0xFF03, 0xFE5F: "#"
    case 0xFF05, 0xFE6A: "%"
    default: String(Character(scalar))
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte & 0xDF) }

  // Nil when there is nothing to decode; a `%` without two digits stands for itself. Bytes that are not UTF-8 become a
  // character that no name of ours has.
  private static func decoded(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var at = 0
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count, bytes[at + 1] != UInt8(ascii: "+"),
        let byte = UInt8(String(decoding: bytes[(at + 1)...(at + 2)], as: UTF8.self), radix: 16)
      {
        out.append(byte)
        at += 3
      } else {
        out.append(bytes[at])
        at += 1
      }
    }
    return out.count == bytes.count ? nil : String(validating: out, as: UTF8.self) ?? "\0"
  }
}
