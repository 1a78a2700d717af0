import Testing

struct ReferenceTests {
  /// A link of a document to another place of the tree: its file and its heading.
  private struct Link {
    var text: String
    var path: String
    var anchor: String?
  }

  private func links(in document: String) throws -> [Link] {
    let prose = FencedBlock.prose(of: try Documents.text(document))
    var found: [Link] = []
    var rest = Substring(prose)
    while let start = rest.firstRange(of: "](") {
      rest = rest[start.upperBound...]
      let target = String(rest.prefix { $0 != ")" })
      guard !target.contains("://"), !target.hasPrefix("mailto:") else { continue }
      let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
      let path = parts[0].isEmpty ? document : resolve(parts[0], from: document)
      found.append(Link(text: target, path: path, anchor: parts.count > 1 ? parts[1] : nil))
    }
    return found
  }

  private func resolve(_ path: String, from document: String) -> String {
    var names = document.split(separator: "/").dropLast().map { String($0) }
    for name in path.split(separator: "/") where name != "." {
      if name == ".." { _ = names.popLast() } else { names.append(String(name)) }
    }
    return names.joined(separator: "/")
  }

  // The name that GitHub gives a heading.
  private func anchors(of document: String) throws -> Set<String> {
    var isCode = false
    var found: Set<String> = []
    for line in try Documents.text(document).split(separator: "\n") {
      if line.hasPrefix("```") { isCode.toggle() }
      guard !isCode, line.hasPrefix("#") else { continue }
      let heading = line.drop { $0 == "#" }.drop { $0 == " " }.lowercased()
      let kept = heading.filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == " " }
      found.insert(String(kept.map { $0 == " " ? "-" : $0 }))
    }
    return found
  }

  @Test(arguments: Documents.all)
  func `every link leads somewhere`(_ document: String) throws {
    for link in try links(in: document) {
      #expect(Documents.exists(link.path), "\(document) links to \(link.text)")
      if let anchor = link.anchor, link.path.hasSuffix(".md"), Documents.exists(link.path) {
        #expect(try anchors(of: link.path).contains(anchor), "\(document) links to \(link.text)")
      }
    }
  }

  @Test func `every page is linked from another one`() throws {
    // The readme is where one begins; changes are gathered by a release.
    let linked = Set(try Documents.all.flatMap { document in try links(in: document).map(\.path) })
    for page in Documents.all
    where !["README.md", "docs/README.md"].contains(page) && !page.hasPrefix("docs/changes/unreleased/") {
      let folder = page.split(separator: "/").dropLast().joined(separator: "/")
      let isLinked = linked.contains(page) || (page.hasSuffix("/README.md") && linked.contains(folder))
      #expect(isLinked, "no page links to \(page); add it to docs/README.md")
    }
  }

  @Test func `every plugin has its place in the docs`() throws {
    let pages = try Documents.all.map { try Documents.text($0) }.joined()
    let folder = TranscriptFolder()
    let names = folder.run("runs plugins").dropFirst().compactMap { $0.split(separator: " ").dropFirst().first }
    #expect(names.count >= 2)
    for name in names where !pages.contains("`\(name)`") { Issue.record("no page has a line on `\(name)`") }
  }

  @Test func `the glossary gives a word once`() throws {
    var words: Set<String> = []
    let parts = try Documents.text("docs/glossary.md").split(separator: "**", omittingEmptySubsequences: false)
    for (place, word) in parts.enumerated() where place % 2 == 1 {
      #expect(words.insert(word.lowercased()).inserted, "'\(word)' is explained twice")
    }
    #expect(words.count > 50)
  }

  @Test func `a change is told in a sentence`() throws {
    for page in Documents.all where page.hasPrefix("docs/changes/unreleased/") {
      let text = try Documents.text(page)
      #expect(text.first?.isUppercase == true && text.contains("."), "\(page)")
    }
  }
}
