extension String {
  /// How many columns of a terminal the text takes.
  var displayWidth: Int {
    if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return utf8.count }
    return unicodeScalars.reduce(0) { $0 + $1.displayWidth }
  }

  /// The text in at most `columns` columns; what does not fit is cut and marked.
  func fitted(to columns: Int, ellipsis: String = "…") -> String {
    guard displayWidth > columns else { return self }
    guard columns > 0 else { return "" }
    var kept = String.UnicodeScalarView()
    var width = 0
    for scalar in unicodeScalars {
      guard width + scalar.displayWidth <= columns - ellipsis.displayWidth else { break }
      width += scalar.displayWidth
      kept.append(scalar)
    }
    return String(kept) + ellipsis
  }

  /// The text as lines of at most `columns` columns, broken at spaces; a longer word keeps a line of its own.
  func wrapped(to columns: Int) -> [String] {
    var lines = [""]
    var width = 0
    for word in split(separator: " ") {
      let wordWidth = String(word).displayWidth
      if width > 0, width + 1 + wordWidth > columns {
        lines.append("")
        width = 0
      }
      lines[lines.count - 1] += (width > 0 ? " " : "") + word
      width += (width > 0 ? 1 : 0) + wordWidth
    }
    return lines
  }

  /// The text with control characters made visible, so that a name cannot move the cursor or break a line.
  var printable: String {
    if unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F && !(0x80..<0xA0).contains($0.value) }) {
      return self
    }
    var out = ""
    for scalar in unicodeScalars {
      switch scalar.value {
      case 0x0A: out += "\\n"
      case 0x09: out += "\\t"
      case 0x0D: out += "\\r"
      case 0..<0x20, 0x7F..<0xA0: out += "\\x" + String(scalar.value, radix: 16)
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}

extension Unicode.Scalar {
  /// How many columns the character takes: 0 for marks that join the one before, 2 for East Asian wide ones.
  var displayWidth: Int {
    switch value {
    case 0x0300...0x036F, 0x200B...0x200F, 0x20D0...0x20FF, 0xFE00...0xFE0F: 0
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
      0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
      0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      2
    default: 1
    }
  }
}
