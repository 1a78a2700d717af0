import FoundationEssentials

/// The documents of the working tree: README.md and everything below docs/.
enum Documents {
  static let root: String = {
    // Tests/DocsTests/Documents.swift
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  }()

  /// Paths relative to the root.
  static let all: [String] = {
    let readme = FileManager.default.fileExists(atPath: root + "/README.md") ? ["README.md"] : []
    return readme + files(in: "docs")
  }()

  static func text(_ path: String) throws -> String {
    try String(contentsOfFile: root + "/" + path, encoding: .utf8)
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: root + "/" + path) }

  private static func files(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root + "/" + folder)) ?? []
    return names.sorted().flatMap { name -> [String] in
      let path = folder + "/" + name
      if name.hasSuffix(".md") { return [path] }
      var isDirectory = false
      _ = FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isDirectory)
      return isDirectory && !name.hasPrefix(".") ? files(in: path) : []
    }
  }
}

/// A fenced block of a document.
struct FencedBlock {
  /// What stands behind the opening fence: `console`, `yaml`.
  var language: String
  /// The line of the opening fence, from 1.
  var line: Int
  var lines: [String]

  static func all(in text: String) -> [FencedBlock] {
    var blocks: [FencedBlock] = []
    var open: FencedBlock?
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard line.hasPrefix("```") else {
        open?.lines.append(String(line))
        continue
      }
      if let block = open {
        blocks.append(block)
        open = nil
      } else {
        open = FencedBlock(language: String(line.dropFirst(3)), line: number + 1, lines: [])
      }
    }
    return blocks
  }

  /// The text without its fenced blocks and `code`.
  static func prose(of text: String) -> String {
    var isCode = false
    var lines: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        isCode.toggle()
        lines.append("")
      } else {
        lines.append(isCode ? "" : String(line))
      }
    }
    return lines.joined(separator: "\n").split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 0 }.map { String($0.element) }.joined()
  }
}
