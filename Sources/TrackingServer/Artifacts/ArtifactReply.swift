internal import Tracking

/// The answer that hands out a file.
enum ArtifactReply {
  // Files up to this size are read before the answer begins, so that damage becomes an error and not a broken answer.
  private static let wholeBytes: Int64 = 1 << 20

  /// Answers with a file: to be saved and not to be shown, of whatever kind it is.
  static func of(_ file: ArtifactTree.File, name: String, in store: any ArtifactStore) throws -> APIReply {
    let headers = [
      ("Content-Disposition", disposition(name)), ("Content-Security-Policy", "sandbox; default-src 'none'"),
    ]
    let body: APIReply.Body
    if file.bytes <= wholeBytes {
      body = .bytes(try store.contents(of: file.member, in: file.digest, limit: wholeBytes))
    } else {
      guard let length = Int(exactly: file.bytes), store.contains(file.digest) else {
        throw TrackingError(.notFound, "the artifact's bytes are not in the store")
      }
      body = .stream(length: length) { sink in
        try store.read(file.member, in: file.digest) { try sink.write($0) }
      }
    }
    return APIReply(contentType: ContentType.of(name), headers: headers, body: body)
  }

  // RFC 6266: a plain name for old readers, the true one encoded.
  private static func disposition(_ name: String) -> String {
    let plain = String(
      decoding: name.unicodeScalars.map { scalar in
        scalar.isASCII && scalar.value >= 0x20 && scalar.value != 0x7F && !"\"\\%;".unicodeScalars.contains(scalar)
          ? UInt8(scalar.value) : UInt8(ascii: "_")
      }, as: UTF8.self)
    if plain.utf8.elementsEqual(name.utf8) { return "attachment; filename=\"\(plain)\"" }
    let hex = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): encoded.append(byte)
      default: encoded += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      }
    }
    return "attachment; filename=\"\(plain)\"; filename*=UTF-8''" + String(decoding: encoded, as: UTF8.self)
  }
}
