/// Returns the name that is most like another one, by edit distance (insert, remove, replace, swap two neighbours),
/// letter case, `-`, `_` and spaces not counting; nil when none is near. Of equally near ones the first counts.
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
  func plain(_ text: String) -> [UInt8] {
    text.lowercased().utf8.map { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: " ") ? UInt8(ascii: "_") : $0 }
  }
  let wanted = plain(name)
  var best: (name: String, distance: Int)?
  for candidate in candidates {
    let other = plain(candidate)
    var distance = editDistance(wanted, other)
    // Beginnings, ends, and names that leave out words or letters are near however long they are: `accuracy` and
    // `val_accuracy`, `max_trials` and `max_total_trials`, `cmd` and `command`.
    let isShortened = isShortForm(wanted, other) || isShortForm(other, wanted)
    if isShortened { distance = min(distance, 2) }
    let limit = isShortened ? 2 : min(4, max(wanted.count, other.count) / 3)
    if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.name
}

/// Returns the restricted Damerau-Levenshtein distance of two byte strings.
func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var beforeLast = [Int](repeating: 0, count: right.count + 1)
  var last = Array(0...right.count)
  for i in 0..<left.count {
    var row = [i + 1]
    for j in 0..<right.count {
      var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
      if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { cost = min(cost, beforeLast[j - 1] + 1) }
      row.append(cost)
    }
    (beforeLast, last) = (last, row)
  }
  return last[right.count]
}

private func isShortForm(_ short: [UInt8], _ long: [UInt8]) -> Bool {
  guard short.count >= 3, short.count < long.count else { return false }
  if long.starts(with: short) || long.reversed().starts(with: short.reversed()) { return true }
  func words(_ text: [UInt8]) -> Set<[UInt8]> { Set(text.split { "_.:/".utf8.contains($0) }.map(Array.init)) }
  if words(short).isSubset(of: words(long)) { return true }
  var rest = long[...]
  for byte in short {
    guard let next = rest.firstIndex(of: byte) else { return false }
    rest = rest[(next + 1)...]
  }
  return short[0] == long[0] && short.last == long.last
}
