/// The encoding of paths and arguments in addresses.
enum PercentEncoding {
  /// Decodes once.
  ///
  /// - Throws: 400 for a `%` without two digits, and for what is not UTF-8 afterwards.
  static func decode(_ bytes: some Collection<UInt8>, plusIsSpace: Bool = false) throws -> String {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var iterator = bytes.makeIterator()
    while let byte = iterator.next() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = iterator.next().flatMap(digit), let low = iterator.next().flatMap(digit) else {
          throw APIError(.badRequest, "the address is damaged: two hexadecimal digits should follow each %")
        }
        out.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsSpace: out.append(UInt8(ascii: " "))
      default: out.append(byte)
      }
    }
    guard let text = String(validating: out, as: UTF8.self) else {
      throw APIError(.badRequest, "the address is damaged: it is not UTF-8")
    }
    return text
  }

  /// Decodes the arguments behind the `?`.
  static func arguments(_ query: some StringProtocol) throws -> [String: [String]] {
    var arguments: [String: [String]] = [:]
    for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let name = try decode(parts[0], plusIsSpace: true)
      arguments[name, default: []].append(parts.count == 2 ? try decode(parts[1], plusIsSpace: true) : "")
    }
    return arguments
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }
}
