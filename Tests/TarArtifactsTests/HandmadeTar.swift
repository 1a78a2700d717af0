import Tracking

@testable import TarArtifacts

/// A tar put together by hand, to say what no honest writer says.
struct HandmadeTar {
  private(set) var bytes: [UInt8] = []

  /// Adds a member with an old-style header.
  ///
  /// - Parameter size: what the header says; nil for the content's length.
  mutating func add(
    _ name: [UInt8], type: Character = "0", _ content: [UInt8] = [], target: String = "", size: Int? = nil,
    mode: String = "0000644"
  ) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ bytes: some Sequence<UInt8>, at offset: Int) {
      for (index, byte) in bytes.enumerated() { header[offset + index] = byte }
    }
    func octal(_ number: Int, _ width: Int) -> [UInt8] {
      let digits = String(number, radix: 8)
      return Array((String(repeating: "0", count: width - digits.count) + digits).utf8)
    }
    put(name, at: 0)
    put(mode.utf8, at: 100)
    put(octal(0, 7), at: 108)
    put(octal(0, 7), at: 116)
    put(octal(size ?? content.count, 11), at: 124)
    put(octal(0, 11), at: 136)
    put(Array(repeating: UInt8(ascii: " "), count: 8), at: 148)
    put(String(type).utf8, at: 156)
    put(target.utf8, at: 157)
    put(Array("ustar\u{0}00".utf8), at: 257)
    put(octal(header.reduce(0) { $0 + Int($1) }, 6) + [0], at: 148)
    bytes += header + content
    bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
  }

  mutating func add(
    _ name: String, type: Character = "0", _ content: String = "", target: String = "", size: Int? = nil
  ) {
    add(Array(name.utf8), type: type, Array(content.utf8), target: target, size: size)
  }

  /// The tar with its end, compressed as one frame, with no index.
  func compressed(trailing: [UInt8] = []) throws -> [UInt8] {
    let whole = bytes + [UInt8](repeating: 0, count: 1024) + trailing
    return try whole.withUnsafeBytes { try Zstd.Compressor().frame(of: $0) }
  }
}
