internal import CCrypto

/// A SHA-256 digest: the name of a piece of content.
public struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The 64 lower-case hexadecimal digits.
  public let hex: String

  /// Reads a digest from its 64 hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    let digits = hex.lowercased()
    guard digits.utf8.count == 64, digits.utf8.allSatisfy({ ($0 >= 48 && $0 <= 57) || ($0 >= 97 && $0 <= 102) })
    else { return nil }
    self.hex = digits
  }

  /// Digests bytes that are all in memory.
  public init(hashing bytes: some Sequence<UInt8>) {
    var hasher = Hasher()
    hasher.update(bytes)
    self = hasher.finalize()
  }

  /// Digests the UTF-8 form of a text.
  public init(hashing text: String) { self.init(hashing: text.utf8) }

  fileprivate init(raw: [UInt8]) {
    var text = ""
    text.reserveCapacity(64)
    for byte in raw {
      text.unicodeScalars.append(Digest.digits[Int(byte >> 4)])
      text.unicodeScalars.append(Digest.digits[Int(byte & 15)])
    }
    hex = text
  }

  private static let digits = Array("0123456789abcdef".unicodeScalars)

  /// The digest's hexadecimal digits.
  public var description: String { hex }

  /// Orders digests by their hexadecimal digits.
  public static func < (left: Digest, right: Digest) -> Bool { left.hex < right.hex }
}

extension Digest {
  /// Digests content that arrives in pieces.
  public struct Hasher: ~Copyable {
    // An opaque EVP_MD_CTX; this value is its only owner and frees it.
    private let context: OpaquePointer

    /// Starts a digest of nothing.
    public init() {
      guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
        preconditionFailure("libcrypto offers no SHA-256")
      }
      self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes to what is digested.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
      guard let start = bytes.baseAddress, bytes.count > 0 else { return }
      precondition(EVP_DigestUpdate(context, start, bytes.count) == 1, "libcrypto refused bytes")
    }

    /// Adds bytes to what is digested.
    public mutating func update(_ bytes: some Sequence<UInt8>) {
      let wasContiguous: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
      if wasContiguous == nil {
        let copy = Array(bytes)
        copy.withUnsafeBytes { update($0) }
      }
    }

    /// Ends the digest and starts the next one from nothing.
    public mutating func finalize() -> Digest {
      var raw = [UInt8](repeating: 0, count: 32)
      precondition(EVP_DigestFinal_ex(context, &raw, nil) == 1, "libcrypto gave no digest")
      precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto offers no SHA-256")
      return Digest(raw: raw)
    }
  }
}
