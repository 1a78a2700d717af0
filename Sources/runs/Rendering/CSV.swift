/// Returns a line of CSV (RFC 4180, but lines end in a line feed): a field is quoted where it must be.
func csvLine(_ fields: [String]) -> String {
  fields.map { field in
    let mustQuote = field.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
    guard mustQuote || field.hasPrefix(" ") || field.hasSuffix(" ") else { return field }
    return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }.joined(separator: ",") + "\n"
}

extension Double {
  /// The number as CSV keeps it: shortest decimals that read back the same, `NaN`, `Infinity`, `-Infinity`.
  var csv: String {
    if isNaN { return "NaN" }
    if isInfinite { return self < 0 ? "-Infinity" : "Infinity" }
    return description
  }
}
