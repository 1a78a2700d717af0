internal import Glibc

/// The port and token of a sweep's door, kept in a file that its owner alone reads, beside the lock: a trial that outlives
/// its driver finds the next driver where the last one was. The token is no record, since records are for all to read.
struct DoorKey {
  var port = 0
  var token: String
  private let path: String

  /// Reads the key of a sweep, or makes a new one.
  init(path: String) {
    self.path = path
    let words = (readFile(path) ?? "").split(whereSeparator: \.isWhitespace)
    if words.count == 2, let port = Int(words[0]) {
      (self.port, token) = (port, String(words[1]))
    } else {
      token = [UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max)].reduce("") { text, part in
        let digits = String(part, radix: 16)
        return text + String(repeating: "0", count: 16 - digits.count) + digits
      }
    }
  }

  /// Keeps it, for the next driver.
  func keep() throws {
    let draft = path + ".new"
    let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw systemError("write \(draft)") }
    defer { close(file) }
    let bytes = Array("\(port) \(token)\n".utf8)
    guard Glibc.write(file, bytes, bytes.count) == bytes.count, rename(draft, path) == 0 else {
      throw systemError("write \(path)")
    }
  }

  /// Forgets it.
  func forget() { unlink(path) }
}
