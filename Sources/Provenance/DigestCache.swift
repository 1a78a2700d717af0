internal import Glibc
internal import Tracking

/// Digests of files that were read before, kept by what tells that a file was not written since: device, inode, size, and
/// the times of its last writing and change. Belongs to one folder; a file of its own below the cache's directory.
///
/// What it says is trusted as git trusts its index. A file that was written within `settling` of being read is not kept: a
/// second writing in the same tick of the clock would look the same.
final class DigestCache {
  /// Nanoseconds.
  private static let settling: Int64 = 50_000_000
  private static let heading = "runs digests 1"

  private struct Entry {
    var stamp: FileStamp
    var digest: Digest
  }

  private let file: String
  private var known: [String: Entry] = [:]
  private var used: [String: Entry] = [:]
  private var isChanged = false
  /// How many files had to be read.
  private(set) var filesRead = 0

  /// Opens the cache of a folder; empty where there is none, or where it cannot be read.
  ///
  /// - Parameter directory: where the caches of a store are; made when one is saved.
  init(of folder: String, in directory: String) {
    file = directory + "/" + Digest(hashing: folder).hex.prefix(32) + ".digests"
    guard let bytes = bytes(of: file, atMost: 1 << 30) else { return }
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
    guard lines.popFirst().map({ String(decoding: $0, as: UTF8.self) }) == DigestCache.heading else { return }
    known.reserveCapacity(lines.count)
    for line in lines {
      guard let (path, entry) = DigestCache.entry(line) else { continue }
      known[path] = entry
    }
  }

  // `DEVICE INODE SIZE MODIFIED CHANGED SHA256 PATH`, a NUL for a line feed in the path.
  private static func entry(_ line: ArraySlice<UInt8>) -> (String, Entry)? {
    var numbers: [Int64] = []
    var rest = line
    while numbers.count < 5 {
      var number: Int64 = 0
      guard let space = rest.firstIndex(of: UInt8(ascii: " ")), space > rest.startIndex else { return nil }
      for digit in rest[..<space] {
        guard (48...57).contains(digit) else { return nil }
        number = number &* 10 &+ Int64(digit - 48)
      }
      numbers.append(number)
      rest = rest[(space + 1)...]
    }
    guard rest.count > 65, let digest = Digest(hex: String(decoding: rest.prefix(64), as: UTF8.self)) else {
      return nil
    }
    let path = rest.dropFirst(65).map { $0 == 0 ? UInt8(ascii: "\n") : $0 }
    let stamp = FileStamp(
      device: UInt64(numbers[0]), inode: UInt64(numbers[1]), size: numbers[2], modified: numbers[3], changed: numbers[4]
    )
    return (String(decoding: path, as: UTF8.self), Entry(stamp: stamp, digest: digest))
  }

  /// Returns the digest of a file of the folder, reading it only if it may have been written since.
  ///
  /// - Parameters:
  ///   - path: the path below the folder, or an absolute one of a file elsewhere.
  ///   - place: where it lies.
  /// - Throws: `.system` when it cannot be read.
  func digest(of path: String, at place: String, _ status: stat) throws -> Digest {
    let stamp = FileStamp(status)
    if let entry = known[path], entry.stamp == stamp {
      used[path] = entry
      return entry.digest
    }
    let digest = try fileDigest(place)
    filesRead += 1
    isChanged = true
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let time = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    // What was written while it was read is not what was read.
    if let after = statusBehindLinks(of: place), FileStamp(after) == stamp,
      time - max(stamp.modified, stamp.changed) > DigestCache.settling
    {
      used[path] = Entry(stamp: stamp, digest: digest)
    }
    return digest
  }

  /// Keeps what was asked for since it was opened, and nothing else. A cache that cannot be written is no error.
  func save() {
    guard isChanged || used.count != known.count else { return }
    var text = DigestCache.heading + "\n"
    for (path, entry) in used.sorted(by: { $0.key < $1.key }) {
      let stamp = entry.stamp
      text +=
        "\(stamp.device) \(stamp.inode) \(stamp.size) \(stamp.modified) \(stamp.changed) \(entry.digest.hex) "
      text += String(path.map { $0 == "\n" ? "\0" : $0 }) + "\n"
    }
    guard let slash = file.lastIndex(of: "/"), (try? makeDirectories(String(file[..<slash]))) != nil else { return }
    try? write(Array(text.utf8), to: file)
  }
}
