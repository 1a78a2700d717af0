internal import Testing
internal import Tracking

extension StoreContract {
  private static func change(_ subject: Subject, _ changes: RegistryChange...) throws {
    try subject.store.commit(changes.map { .registry($0) })
  }

  private static func model(_ subject: Subject, _ name: String) -> RegisteredModel {
    RegisteredModel(
      name: name, created: subject.clock.time, updated: subject.clock.time, description: "what", tags: ["t": "x"])
  }

  private static func version(_ subject: Subject, _ name: String, _ number: Int = 0) -> ModelVersion {
    ModelVersion(
      model: name, version: number, created: subject.clock.time, updated: subject.clock.time, description: "first",
      user: "me", source: "models:/m-1", run: id("r1"), loggedModel: "m-1", tags: ["u": ""])
  }

  static let registry: [ContractCase<Subject>] = [
    demand("a registered model comes back, is described, tagged, renamed and removed") { subject in
      let store = subject.store
      try change(subject, .create(model(subject, "net")), .create(model(subject, "a")))
      #expect(try subject.reopen().registeredModel("net") == model(subject, "net"))
      #expect(try store.registeredModels().map(\.name) == ["a", "net"])
      subject.clock.advance()
      try change(
        subject, .createVersion(version(subject, "net")), .describe("net", ""), .setTag("net", name: "t", value: nil),
        .setTag("net", name: "v", value: "y"), .rename("net", to: "net 2"))
      let renamed = try store.registeredModel("net 2")
      #expect(renamed.description.isEmpty && renamed.tags == ["v": "y"] && renamed.updated == subject.clock.time)
      #expect(try store.modelVersions(of: "net 2").map(\.model) == ["net 2"])
      refuses(.notFound, "net") { _ = try store.registeredModel("net") }
      refuses(.conflict) { try change(subject, .create(model(subject, "a"))) }
      refuses(.conflict) { try change(subject, .rename("a", to: "net 2")) }
      refuses(.invalid) { try change(subject, .create(model(subject, ""))) }
      try change(subject, .setAlias("net 2", alias: "best", version: 1), .delete("net 2"))
      #expect(try store.modelVersions(of: nil).isEmpty && store.modelVersions(of: "net 2").isEmpty)
      refuses(.notFound) { try change(subject, .delete("net 2")) }
    },
    demand("versions are numbered from 1, never twice, and listed newest first") { subject in
      try change(subject, .create(model(subject, "b")), .create(model(subject, "a")))
      for name in ["b", "b", "a"] { try change(subject, .createVersion(version(subject, name))) }
      #expect(try subject.reopen().modelVersions(of: "b") == [version(subject, "b", 2), version(subject, "b", 1)])
      try change(subject, .deleteVersion("b", 2), .createVersion(version(subject, "b")))
      #expect(try subject.store.modelVersions(of: nil).map { "\($0.model)\($0.version)" } == ["a1", "b3", "b1"])
      refuses(.notFound, "2") { try change(subject, .deleteVersion("b", 2)) }
      refuses(.notFound) { try change(subject, .createVersion(version(subject, "none"))) }
    },
    demand("a version is described, tagged and moved from stage to stage") { subject in
      try change(subject, .create(model(subject, "net")))
      for _ in 0..<3 { try change(subject, .createVersion(version(subject, "net"))) }
      subject.clock.advance()
      try change(
        subject, .setStage("net", 1, "Production", archivingOthers: false),
        .setStage("net", 2, "Production", archivingOthers: false), .describeVersion("net", 2, "good"),
        .setVersionTag("net", 2, name: "u", value: "z"), .setVersionTag("net", 2, name: "none", value: nil))
      #expect(try subject.store.modelVersions(of: "net").map(\.stage) == ["None", "Production", "Production"])
      try change(subject, .setStage("net", 3, "Production", archivingOthers: true))
      let versions = try subject.reopen().modelVersions(of: "net")
      #expect(versions.map(\.stage) == ["Production", "Archived", "Archived"])
      #expect(versions[1].description == "good" && versions[1].tags == ["u": "z"])
      #expect(versions[1].updated == subject.clock.time)
      refuses(.invalid, "stage") { try change(subject, .setStage("net", 1, "Best", archivingOthers: false)) }
      refuses(.notFound) { try change(subject, .setStage("net", 4, "Staging", archivingOthers: false)) }
    },
    demand("an alias points to one version, and goes with it") { subject in
      try change(subject, .create(model(subject, "net")))
      for _ in 0..<2 { try change(subject, .createVersion(version(subject, "net"))) }
      try change(
        subject, .setAlias("net", alias: "best", version: 1), .setAlias("net", alias: "old", version: 1),
        .setAlias("net", alias: "best", version: 2), .setAlias("net", alias: "none", version: nil))
      #expect(try subject.reopen().registeredModel("net").aliases == ["best": 2, "old": 1])
      try change(subject, .deleteVersion("net", 2), .setAlias("net", alias: "old", version: nil))
      #expect(try subject.store.registeredModel("net").aliases == [:])
      refuses(.notFound) { try change(subject, .setAlias("net", alias: "best", version: 2)) }
      refuses(.invalid) { try change(subject, .setAlias("net", alias: "", version: 1)) }
    },
  ]

  static let tokens: [ContractCase<Subject>] = [
    demand("tokens are kept until they are revoked, oldest first") { subject in
      let run = try makeRun(subject, "r1")
      let created = subject.clock.time
      func token(_ name: String, _ scope: AccessToken.Scope, run: RunID? = nil) -> AccessToken {
        AccessToken(
          id: name, hash: Digest(hashing: name), scope: scope, run: run, created: created,
          expires: scope == .log ? created + 1 : nil)
      }
      let tokens = [token("b", .admin), token("a", .log, run: run), token("c", .read)]
      for token in tokens { try subject.store.commit(.token(.create(token))) }
      #expect(try subject.reopen().accessTokens() == tokens)
      try subject.store.commit(.token(.revoke(id: "b")))
      #expect(try subject.store.accessTokens() == Array(tokens.dropFirst()))
      refuses(.conflict, "'a'") { try subject.store.commit(.token(.create(token("a", .read)))) }
      refuses(.notFound) { try subject.store.commit(.token(.revoke(id: "b"))) }
      refuses(.notFound) { try subject.store.commit(.token(.create(token("d", .log, run: id("none"))))) }
    }
  ]
}
