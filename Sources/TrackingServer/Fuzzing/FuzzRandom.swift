/// Random numbers that are the same for the same seed (SplitMix64; Steele, Lea, Flood 2014).
struct FuzzRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 to one less than `count`.
  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(1, count))) }

  /// True so many times in a hundred.
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  /// One of several.
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

  /// Changes bytes: some flipped, dropped, put in, repeated, or cut off.
  mutating func mutate(_ bytes: inout [UInt8]) {
    for _ in 0..<(1 + below(4)) {
      guard !bytes.isEmpty else { return bytes.append(UInt8(below(256))) }
      let place = below(bytes.count)
      switch below(8) {
      case 0: bytes[place] ^= UInt8(1 << below(8))
      case 1: bytes[place] = UInt8(below(256))
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(pick(Self.telling), at: place)
      case 4: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + below(20))], at: below(bytes.count))
      case 5: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(20)))
      case 6: bytes.removeSubrange(place...)
      default: bytes.insert(contentsOf: pick(Self.words).utf8, at: place)
      }
    }
  }

  private static let telling: [UInt8] = Array("{}[]\",:\\'`().%=<>!;/ \n\u{0}-+eE0".utf8) + [0x80, 0xC0, 0xED, 0xFF]
  private static let words = [
    "null", "true", "NaN", "\\u0000", "\\ud800", "\\udc00\\ud800", "%00", "%2e%2e%2f", "../", "1e999",
    "-9223372036854775809",
    " AND ", " OR ", " LIKE ", " IN (", "''", "\"\"", "é", "\u{202E}", "👩‍👩‍👧", "[[[[", "{\"a\":", "/*", "--",
  ]
}
