import Testing

/// The floors of docs/design/floors.md: who may import whom.
struct FloorTests {
  /// What of ours each room on floor 1 and 2 may import, beside the C modules that it declares.
  private let rooms: [String: Set<String>] = [
    "Tracking": [], "SQL": [], "Schema": [],
    "SQLite": ["SQL"], "SQLTracking": ["Tracking", "SQL", "Schema"], "TarArtifacts": ["Tracking"],
    "Provenance": ["Tracking"], "Sweeping": ["Tracking"], "PluginProcesses": ["Tracking"],
    "TrackingContracts": ["Tracking"],
    "TrackingServer": ["Tracking"],
    "TrackingClient": ["Tracking"], "Exchange": ["Tracking"], "MLflowDatabase": ["Tracking", "SQL"],
  ]

  @Test func `every target has a floor and says its purpose`() throws {
    let targets = try DeclaredTarget.all()
    let page = try Repository.text("docs/design/floors.md")
    #expect(targets.count > 20, "Package.swift was read")
    for target in targets {
      if !target.folder.hasPrefix("Tests/") {
        #expect(page.contains("`\(target.name)`"), "docs/design/floors.md does not name \(target.name)")
      }
      if target.kind == .room {
        #expect(
          rooms[target.name] != nil, "\(target.name) is on no floor; add it to this test and docs/design/floors.md")
      }
      if target.kind != .tests {
        #expect(target.hasPurpose, "\(target.name) has no line of purpose above it in Package.swift")
      }
      #expect(
        !Repository.files(in: target.folder, suffixes: [".swift", ".c", ".h"]).isEmpty, "\(target.folder) is empty")
    }
  }

  @Test func `no room reaches up or sideways`() throws {
    let targets = try DeclaredTarget.all()
    let ours = Set(targets.map(\.name))
    let cModules = Set(targets.filter { $0.kind == .cModule }.map(\.name))
    for target in targets where target.kind == .room || target.kind == .plugin {
      let allowed = (target.kind == .plugin ? ["Tracking"] : rooms[target.name] ?? []).union(cModules)
      let declared = target.dependencies.intersection(ours)
      #expect(declared.isSubset(of: allowed), "\(target.name) declares \(declared.subtracting(allowed).sorted())")
      for file in Repository.files(in: target.folder, suffixes: [".swift"]) {
        for (line, module) in try imports(of: file) where ours.contains(module) {
          #expect(allowed.contains(module), "\(file):\(line) imports \(module), which is not below \(target.name)")
          #expect(
            target.dependencies.contains(module),
            "\(file):\(line) imports \(module), which \(target.name) does not declare")
        }
      }
    }
  }

  @Test func `only what the toolchain brings, and what is declared, is imported`() throws {
    let toolchain: Set<String> = [
      "FoundationEssentials", "Glibc", "Musl", "Synchronization", "Dispatch", "Testing", "RegexBuilder",
    ]
    let targets = try DeclaredTarget.all()
    for target in targets where target.kind != .tests && target.kind != .cModule {
      for file in Repository.files(in: target.folder, suffixes: [".swift"]) {
        for (line, module) in try imports(of: file) {
          #expect(
            toolchain.contains(module) || target.dependencies.contains(module),
            "\(file):\(line) imports \(module); all of Foundation costs start-up time, anything else must be declared")
          if module == "Testing" { #expect(target.name == "TrackingContracts", "\(file):\(line)") }
        }
      }
    }
  }

  @Test func `every source file belongs to a target`() throws {
    let folders = try DeclaredTarget.all().map { $0.folder + "/" }
    for file in Repository.sources {
      #expect(folders.contains { file.hasPrefix($0) }, "\(file) is built by no target")
    }
  }

  @Test func `SQL statements stand in SQLTracking, schema and MLflowDatabase only`() throws {
    let statements = [
      "SELECT ", "INSERT INTO", "INSERT OR", "DELETE FROM", "CREATE TABLE", "CREATE INDEX", "ALTER TABLE", "DROP TABLE",
    ]
    // The contracts try hostile texts on a store; MLflowDatabase reads another program's tables.
    let exempt = ["Sources/SQLTracking/", "schema/", "Sources/TrackingContracts/", "Sources/MLflowDatabase/"]
    for file in Repository.sources where !exempt.contains(where: { file.hasPrefix($0) }) {
      for (number, line) in try Repository.lines(file).enumerated() where !isComment(line) {
        for statement in statements where line.contains(statement) {
          Issue.record("\(file):\(number + 1) has SQL text: \(statement)")
        }
      }
    }
  }
}

func isComment(_ line: String) -> Bool { line.drop { $0 == " " }.hasPrefix("//") }
