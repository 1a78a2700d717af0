internal import ArgumentParser
internal import Tracking

/// `runs token`.
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Makes, lists and ends tokens, which a server of this store asks of clients on other machines.",
    discussion: """
      A token is shown once, when it is made; the store keeps its hash alone. Clients send it as bearer or as the \
      password of basic: MLflow's read MLFLOW_TRACKING_TOKEN.

      Examples:
        runs token create --scope log
        runs token create --scope log --run q7k2
        runs token list
        runs token revoke 3f9a12bc
      """,
    subcommands: [Create.self, List.self, Revoke.self])

  /// `runs token create`.
  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "create",
      abstract: "Makes a token and prints it, this once.",
      usage: "runs token create --scope <scope> [<options>]",
      discussion: """
        Examples:
          runs token create --scope read
          export MLFLOW_TRACKING_TOKEN=$(runs token create --scope log)
          runs token create --scope log --run q7k2 --days 7
        """)

    @Option(
      help: ArgumentHelp(
        "What it allows: read, log (reading and recording) or admin (deleting too).", valueName: "scope"))
    var scope: TokenScope

    @Option(
      name: .customLong("run"),
      help: ArgumentHelp("Let it record to this run and those below it alone.", valueName: "run"),
      completion: .custom(completeRuns))
    var only: String?

    @Option(help: ArgumentHelp("After how many days it ends by itself; without it, never.", valueName: "n"))
    var days: Int?

    @Flag(help: "Print JSON; the fields are listed in docs/cli.md.")
    var json = false

    @OptionGroup var common: GlobalOptions

    /// Refuses what makes no sense.
    func validate() throws {
      if let days, !(1...36_500).contains(days) {
        throw ValidationError("--days is \(days); it is a whole number from 1 to 36500.")
      }
    }

    /// Makes the token.
    func run() throws {
      let store = try common.openOrMakeStore()
      let run = try only.map { try store.run($0) }
      let now = Timestamp.now()
      // 192 random bits that the system vouches for.
      var generator = SystemRandomNumberGenerator()
      let secret = (0..<3).map { _ in Self.letters(generator.next()) }.joined()
      let token = AccessToken(
        id: String(Self.letters(generator.next()).prefix(8)), hash: Digest(hashing: "runs_" + secret),
        scope: scope.scope, run: run, created: now,
        expires: days.map { Timestamp(milliseconds: now.milliseconds + Int64($0) * 86_400_000) })
      try store.tracking.commit(.token(.create(token)))
      if json {
        var object = token.json
        if case .object(var fields) = object {
          fields["token"] = .text("runs_" + secret)
          object = .object(fields)
        }
        return write(object.prettyJSON + "\n")
      }
      write("runs_\(secret)\n")
      remark(common.err.paint("token \(token.id) is shown this once; `runs token revoke \(token.id)` ends it", .dim))
    }

    private static func letters(_ bits: UInt64) -> String {
      let text = String(bits, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
  }

  /// `runs token list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "Lists the tokens that were not revoked, without the tokens themselves.",
      usage: "runs token list [<options>]",
      discussion: """
        Examples:
          runs token list
          runs token list --json
        """)

    @Flag(help: "Print JSON; the fields are listed in docs/cli.md.")
    var json = false

    @OptionGroup var common: GlobalOptions

    /// Prints the list.
    func run() throws {
      let tokens = try common.openStore().tracking.accessTokens()
      if json { return write(Value.list(tokens.map(\.json)).prettyJSON + "\n") }
      guard !tokens.isEmpty else { return remark(common.err.paint("there is no token", .dim)) }
      var table = Table(columns: [
        Table.Column(title: "ID"), Table.Column(title: "SCOPE"), Table.Column(title: "RUN"),
        Table.Column(title: "CREATED"), Table.Column(title: "ENDS"),
      ])
      let now = Timestamp.now()
      for token in tokens {
        let ends = token.expires.map { $0.milliseconds <= now.milliseconds ? "has ended" : $0.iso } ?? "never"
        table.rows.append([
          Table.Cell(token.id), Table.Cell(token.scope.rawValue), Table.Cell(token.run?.text ?? "all", .dim),
          Table.Cell(token.created.iso, .dim), Table.Cell(ends, .dim),
        ])
      }
      write(table.text(on: common.out))
    }
  }

  /// `runs token revoke`.
  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "revoke",
      abstract: "Ends a token; a running server knows two seconds later.",
      usage: "runs token revoke <id> [<options>]",
      discussion: """
        Examples:
          runs token revoke 3f9a12bc
        """)

    @Argument(help: ArgumentHelp("The token's id, as `runs token list` has it.", valueName: "id"))
    var id: String

    @OptionGroup var common: GlobalOptions

    /// Ends it.
    func run() throws { try common.openStore().tracking.commit(.token(.revoke(id: id))) }
  }
}

/// A scope as it is named on the command line.
enum TokenScope: String, ExpressibleByArgument, CaseIterable {
  case read
  case log
  case admin

  /// What the store records.
  var scope: AccessToken.Scope { AccessToken.Scope(rawValue: rawValue) ?? .read }
}

extension AccessToken {
  /// The record for programs: docs/cli.md. Neither token nor hash is in it.
  fileprivate var json: Value {
    [
      "id": .text(id), "scope": .text(scope.rawValue), "run": run.map { .text($0.text) } ?? .null,
      "created": .text(created.iso), "created_ms": .integer(created.milliseconds),
      "expires": expires.map { .text($0.iso) } ?? .null,
      "expires_ms": expires.map { .integer($0.milliseconds) } ?? .null,
    ]
  }
}
