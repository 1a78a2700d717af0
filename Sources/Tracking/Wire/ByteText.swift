/// Base 64 (RFC 4648, section 4), padded: bytes in a JSON text.
package enum ByteText {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let digits: [UInt8] = {
    var digits = [UInt8](repeating: 0xFF, count: 256)
    for (number, letter) in alphabet.enumerated() { digits[Int(letter)] = UInt8(number) }
    return digits
  }()
  private static let padding = UInt8(ascii: "=")

  /// Encodes bytes.
  package static func encode(_ bytes: [UInt8]) -> String {
    String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { out in
      alphabet.withUnsafeBufferPointer { alphabet in
        bytes.withUnsafeBufferPointer { bytes in
          var (from, to) = (0, 0)
          while from < bytes.count {
            let left = bytes.count - from
            let group =
              UInt32(bytes[from]) << 16 | (left > 1 ? UInt32(bytes[from + 1]) << 8 : 0)
              | (left > 2 ? UInt32(bytes[from + 2]) : 0)
            out[to] = alphabet[Int(group >> 18)]
            out[to + 1] = alphabet[Int(group >> 12 & 63)]
            out[to + 2] = left > 1 ? alphabet[Int(group >> 6 & 63)] : padding
            out[to + 3] = left > 2 ? alphabet[Int(group & 63)] : padding
            from += 3
            to += 4
          }
          return to
        }
      }
    }
  }

  /// Decodes a text; nil when it is no padded base 64.
  package static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { text in
      guard text.count % 4 == 0 else { return nil }
      let padded = text.last != padding ? 0 : text[text.count - 2] == padding ? 2 : 1
      let count = text.count / 4 * 3 - padded
      var isValid = true
      let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3) { out, written in
        digits.withUnsafeBufferPointer { digits in
          var (from, to) = (0, 0)
          while from < text.count {
            var group: UInt32 = 0
            for place in from..<from + 4 {
              let digit = place >= text.count - padded ? 0 : digits[Int(text[place])]
              if digit == 0xFF { isValid = false }
              group = group << 6 | UInt32(digit & 63)
            }
            out[to] = UInt8(group >> 16)
            out[to + 1] = UInt8(group >> 8 & 255)
            out[to + 2] = UInt8(group & 255)
            from += 4
            to += 3
          }
        }
        written = count
      }
      return isValid ? bytes : nil
    }
  }
}
