/// What kind of content a file is said to have, by the end of its name.
enum ContentType {
  /// Returns the type; bytes of any kind where the name tells nothing.
  static func of(_ name: String) -> String {
    let lower = name.lowercased()
    if ["mlmodel", "mlproject"].contains(lower) { return "text/plain; charset=utf-8" }
    guard let dot = lower.lastIndex(of: ".") else { return "application/octet-stream" }
    return byExtension[String(lower[lower.index(after: dot)...])] ?? "application/octet-stream"
  }

  // What a browser would run (HTML, SVG, XML, JavaScript) goes out as what it is, but never to be shown: see
  // `ArtifactReply`.
  private static let byExtension: [String: String] = {
    var types = [
      "html": "text/html; charset=utf-8", "htm": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
      "csv": "text/csv; charset=utf-8", "tsv": "text/tab-separated-values; charset=utf-8",
      "js": "text/javascript; charset=utf-8", "json": "application/json", "xml": "application/xml",
      "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
      "webp": "image/webp", "bmp": "image/bmp", "tiff": "image/tiff", "tif": "image/tiff", "pdf": "application/pdf",
      "wav": "audio/x-wav", "mp3": "audio/mpeg", "ogg": "audio/ogg", "mp4": "video/mp4", "webm": "video/webm",
      "zip": "application/zip", "gz": "application/gzip", "tar": "application/x-tar",
      "geojson": "application/geo+json", "npy": "application/octet-stream", "pkl": "application/octet-stream",
    ]
    for name in [
      "txt", "log", "err", "cfg", "conf", "cnf", "ini", "md", "rst", "yaml", "yml", "toml", "py", "r", "sh", "sql",
      "swift", "properties", "diff", "patch", "jsonl",
    ] { types[name] = "text/plain; charset=utf-8" }
    return types
  }()
}
