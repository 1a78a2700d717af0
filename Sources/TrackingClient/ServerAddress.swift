internal import Tracking

/// Where a tracking server listens: `http://host:port`, `https://host:port`, or a socket file as `unix:///path` or
/// `http+unix://%2Fpath`.
public struct ServerAddress: Sendable, Equatable, CustomStringConvertible {
  /// The address as it was given.
  public let description: String
  /// What the path of a call is appended to.
  let root: String

  private static let schemes = ["http://", "https://", "http+unix://", "unix://"]

  /// Returns whether a text is meant as an address, so that it is not taken for the path of a folder.
  public static func isMeant(by text: String) -> Bool { schemes.contains { text.hasPrefix($0) } }

  /// Reads an address.
  ///
  /// - Throws: `.invalid` for what is none, or names no host or file.
  public init(_ text: String) throws {
    guard let scheme = Self.schemes.first(where: { text.hasPrefix($0) }) else {
      throw TrackingError(
        .invalid, "'\(text)' is no server's address; one looks like http://127.0.0.1:5000 or unix:///path/to/socket")
    }
    var rest = text.dropFirst(scheme.count)
    while rest.hasSuffix("/"), rest.count > 1 { rest = rest.dropLast() }
    let isWhole = rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    switch scheme {
    case "unix://":
      guard rest.hasPrefix("/"), rest.count > 1 else {
        throw TrackingError(.invalid, "'\(text)' names no socket file; one looks like unix:///path/to/socket")
      }
      root = "http+unix://" + Self.encoded(rest)
    case "http+unix://":
      guard isWhole, rest.lowercased().hasPrefix("%2f"), !rest.contains("/") else {
        throw TrackingError(
          .invalid, "'\(text)' names no socket file; one looks like http+unix://%2Fpath%2Fto%2Fsocket")
      }
      root = scheme + rest
    default:
      guard isWhole, let first = rest.first, first != "/", first != ":" else {
        throw TrackingError(.invalid, "'\(text)' names no host; an address looks like http://127.0.0.1:5000")
      }
      guard !rest.contains("@") else {
        throw TrackingError(.invalid, "the address holds a name or a password; a token goes into RUNS_TOKEN instead")
      }
      root = scheme + rest
    }
    description = text
  }

  private static func encoded(_ path: Substring) -> String {
    var out = ""
    for byte in path.utf8 {
      switch byte {
      case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
        out.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let hex = String(byte, radix: 16, uppercase: true)
        out += hex.utf8.count == 1 ? "%0" + hex : "%" + hex
      }
    }
    return out
  }
}
