import Testing
import Tracking

@testable import runs

@Suite struct TokenCommandTests {
  @Test func `a token is shown once, and its hash alone is kept`() throws {
    let folder = try TestFolder()
    let made = try folder.runs("token", "create", "--scope", "log")
    let token = try #require(made.lines.first)
    #expect(made.lines.count == 1)
    #expect(token.hasPrefix("runs_"))
    #expect(token.count == 53)
    #expect(made.errors.contains("shown this once"))
    let listed = try folder.runs("token", "list", "--json")
    #expect(!listed.output.contains(token))
    #expect(try listed.json().list?.count == 1)
    #expect(try listed.json().list?.first?["scope"] == "log")
    #expect(try folder.runs("token", "create", "--scope", "log").lines.first != token)
    let store = try OpenStore.open(named: folder.path, creates: false)
    #expect(try store.tracking.accessTokens().map(\.hash).contains(Digest(hashing: token)))
  }

  @Test func `a token is for a run, and ends by itself, where that is asked for`() throws {
    let folder = try TestFolder()
    try folder.runs("exec", "--quiet", "--", "true")
    let id = try #require(try folder.runs("list", "--quiet").lines.first)
    let made = try folder.runs("token", "create", "--scope", "read", "--run", "@last", "--days", "2", "--json").json()
    #expect(made["run"] == .text(id))
    let created = try #require(made["created_ms"]?.integer)
    #expect(made["expires_ms"] == .integer(created + 2 * 86_400_000))
    #expect(made["token"]?.text?.hasPrefix("runs_") == true)
    #expect(try folder.runs("token", "list").output.contains(id))
  }

  @Test func `a revoked token is gone, and an unknown one is refused`() throws {
    let folder = try TestFolder()
    let made = try folder.runs("token", "create", "--scope", "admin", "--json").json()
    let id = try #require(made["id"]?.text)
    #expect(try folder.runs("token", "revoke", id).code == 0)
    #expect(try folder.runs("token", "list", "--json").json() == [])
    #expect(try folder.runs("token", "revoke", id).code == 3)
    #expect(try folder.runs("token", "create", "--scope", "all").code == 2)
    #expect(try folder.runs("token", "create", "--scope", "log", "--days", "0").code == 2)
    #expect(try folder.runs("token", "create", "--scope", "log", "--run", "none").code == 3)
  }
}
