internal import Glibc
internal import Tracking

extension Double {
  /// The number for people: at most `digits` significant digits, `0.986111`, `1.2e-05`, `nan`.
  func short(_ digits: Int32 = 6) -> String {
    if self == rounded(), abs(self) < 1e15 { return self == 0 ? "0" : String(Int64(self)) }
    var buffer = [CChar](repeating: 0, count: 64)
    let length = withVaList([digits, self]) { vsnprintf(&buffer, buffer.count, "%.*g", $0) }
    return String(decoding: buffer.prefix(Int(max(0, length))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The number with a fixed count of decimals.
  func fixed(_ decimals: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 400)
    let length = withVaList([decimals, self]) { vsnprintf(&buffer, buffer.count, "%.*f", $0) }
    return String(decoding: buffer.prefix(Int(max(0, length))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension Value {
  /// The value for people: numbers short, texts bare.
  var short: String {
    switch self {
    case .real(let number): number.short()
    case .list(let values): "[" + values.map(\.short).joined(separator: ", ") + "]"
    default: plain
    }
  }

  /// Reads a value as a command line gives it: `3` is whole, `0.5` real, `true` a boolean, `null` nothing, `[…]` and
  /// `{…}` are JSON, everything else is text.
  init(argument text: String) {
    if let whole = Int64(text), text.first != "+" {
      self = .integer(whole)
    } else if let first = text.utf8.first, (48...57).contains(first) || first == 45 || first == 46,
      let real = Double(text), real.isFinite
    {
      self = .real(real)
    } else if text == "true" || text == "false" {
      self = .boolean(text == "true")
    } else if text == "null" {
      self = .null
    } else if text.hasPrefix("[") || text.hasPrefix("{") || text.hasPrefix("\""), let value = try? Value(json: text) {
      self = value
    } else {
      self = .text(text)
    }
  }
}

/// Returns a size for people: `512 B`, `8.6 kB`, `1.2 GB`, powers of 1000.
func size(_ bytes: Int64) -> String {
  if bytes < 1000 { return "\(bytes) B" }
  var amount = Double(bytes)
  for unit in ["kB", "MB", "GB"] {
    amount /= 1000
    if amount < 999.5 { return (amount < 9.95 ? amount.fixed(1) : amount.fixed(0)) + " " + unit }
  }
  return (amount / 1000).fixed(1) + " TB"
}

/// Returns a count with its noun: `1 trial`, `3 trials`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
