internal import ArgumentParser
internal import Glibc
internal import Sweeping
internal import Tracking

/// `runs artifacts`.
struct ArtifactsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "artifacts",
    abstract: "Lists, fetches and attaches the files that runs keep.",
    discussion: """
      Examples:
        runs artifacts list @best
        runs artifacts get @best model
        runs artifacts put q7k2 report.html
      """,
    subcommands: [List.self, Get.self, Put.self])

  /// `runs artifacts list`.
  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "Lists a run's artifacts, or the files of one.",
      usage: "runs artifacts list <run> [<artifact>] [<options>]",
      discussion: """
        Examples:
          runs artifacts list @best
          runs artifacts list @best model
        """)

    @OptionGroup var which: RunArgument

    @Argument(help: ArgumentHelp("An artifact, to list its files.", valueName: "artifact"))
    var name: String?

    @OptionGroup var format: FormatOptions
    @OptionGroup var common: GlobalOptions

    /// Prints the list.
    func run() throws {
      // The files of an artifact are in its tarball; which artifacts there are is on record.
      let store = try name == nil ? common.openRecords() : common.openStore()
      let id = try store.run(which.run)
      if let name { return try printMembers(store.artifacts.members(of: store.artifact(name, of: id).digest)) }
      let artifacts = try store.tracking.artifacts(of: id)
      if format.json {
        write(Value.list(artifacts.map(\.json)).prettyJSON + "\n")
      } else if format.csv {
        write("name,files,content_bytes,bytes,digest,time\n")
        for artifact in artifacts {
          write(
            csvLine([
              artifact.name, String(artifact.files), String(artifact.contentBytes), String(artifact.bytes),
              artifact.digest.hex, artifact.time.iso,
            ]))
        }
      } else if artifacts.isEmpty {
        remark(common.err.paint("run '\(id)' has no artifact", .dim))
      } else {
        write(artifacts.table.text(on: common.out))
      }
    }

    private func printMembers(_ members: [ArtifactMember]) {
      if format.json {
        let objects = members.map { member -> Value in
          [
            "path": .text(member.path), "kind": .text(member.kind.rawValue), "bytes": .integer(member.bytes),
            "executable": .boolean(member.isExecutable), "target": member.target.map { .text($0) } ?? .null,
          ]
        }
        return write(Value.list(objects).prettyJSON + "\n")
      }
      if format.csv {
        write("path,kind,bytes,executable,target\n")
        for member in members {
          write(
            csvLine([
              member.path, member.kind.rawValue, String(member.bytes), String(member.isExecutable), member.target ?? "",
            ]))
        }
        return
      }
      var table = Table(columns: [
        Table.Column(title: "PATH", isFlexible: true), Table.Column(title: "SIZE", isRight: true),
      ])
      for member in members {
        let mark = member.kind == .directory ? "/" : member.target.map { " -> " + $0 } ?? ""
        table.rows.append([
          Table.Cell(member.path + mark), Table.Cell(member.kind == .file ? size(member.bytes) : ""),
        ])
      }
      write(table.text(on: common.out))
    }
  }

  /// `runs artifacts get`.
  struct Get: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "get",
      abstract: "Fetches an artifact: as a directory, as one tarball, or one file of it.",
      usage: "runs artifacts get <run> <artifact> [<options>]",
      discussion: """
        Without --format and --member it is unpacked into a directory of the artifact's name; every byte is checked \
        against its digest. A file that is there is never overwritten.

        Examples:
          runs artifacts get @best model
          runs artifacts get @best model --format tar.gz --output model.tar.gz
          runs artifacts get @best model --member hyperparameters.json
        """)

    @OptionGroup var which: RunArgument

    @Argument(help: ArgumentHelp("The artifact's name.", valueName: "artifact"))
    var name: String

    @Option(
      help: ArgumentHelp("One tarball instead of a directory: tar.gz or tar.zst.", valueName: "form"),
      completion: .list(ArchiveFormat.allCases.map(\.rawValue)))
    var format: String?

    @Option(help: ArgumentHelp("One file of it, to standard output or --output.", valueName: "path"))
    var member: String?

    @Option(name: [.short, .long], help: ArgumentHelp("Where to write.", valueName: "path"), completion: .file())
    var output: String?

    @OptionGroup var common: GlobalOptions

    /// Refuses what excludes each other.
    func validate() throws {
      if format != nil && member != nil { throw ValidationError("--format and --member exclude each other; give one.") }
      if let format, ArchiveFormat(rawValue: format) == nil {
        throw ValidationError("There is no form '\(format)'; forms are tar.gz and tar.zst.")
      }
    }

    /// Fetches it.
    func run() throws {
      let store = try common.openStore()
      let artifact = try store.artifact(name, of: store.run(which.run))
      if let member { return try fetch(member, of: artifact, from: store.artifacts) }
      let form = format.flatMap { ArchiveFormat(rawValue: $0) }
      let path = output ?? lastName(artifact.name) + (form.map { "." + $0.rawValue } ?? "")
      if let form {
        try refuseOverwriting(path)
        try store.artifacts.export(artifact.digest, to: path, format: form)
      } else {
        try store.artifacts.restore(artifact.digest, to: path, limits: RestoreLimits())
      }
      remark("\(path): \(counted(artifact.files, "file")), \(size(artifact.contentBytes)), verified")
    }

    private func fetch(_ member: String, of artifact: Artifact, from artifacts: any ArtifactStore) throws {
      let bytes = try artifacts.contents(of: member, in: artifact.digest, limit: 16 << 30)
      if let output { try refuseOverwriting(output) }
      guard let output else { return Output.write(bytes) }
      let file = open(output, O_WRONLY | O_CREAT | O_EXCL | Int32(O_CLOEXEC), 0o644)
      guard file >= 0, Output.put(bytes[...], to: file) == 0, close(file) == 0 else {
        throw CommandFailure(.system, "\(output) cannot be written: \(String(cString: strerror(errno)))")
      }
    }

    private func refuseOverwriting(_ path: String) throws {
      guard access(path, F_OK) != 0 else {
        throw CommandFailure(.conflict, "\(path) is there already; remove it or give another --output")
      }
    }
  }

  /// `runs artifacts put`.
  struct Put: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "put",
      abstract: "Stores a file or directory and attaches it to a run.",
      usage: "runs artifacts put <run> <path> [<options>]",
      discussion: """
        Equal content is stored once. Attached again under the same name, the later one counts.

        Examples:
          runs artifacts put q7k2 report.html
          runs artifacts put $RUNS_RUN_ID checkpoints/last --name model
        """)

    @OptionGroup var which: RunArgument

    @Argument(help: ArgumentHelp("The file or directory.", valueName: "path"), completion: .file())
    var path: String

    @Option(help: ArgumentHelp("The artifact's name; otherwise the last name of the path.", valueName: "name"))
    var name: String?

    @OptionGroup var common: GlobalOptions

    /// Stores and attaches it.
    func run() throws {
      let store = try common.openStore()
      let id = try store.run(which.run)
      let stored = try store.artifacts.store(contentsOf: path)
      let name = self.name ?? lastName(absolute(path))
      try store.tracking.commit(
        .attach(
          Artifact(
            run: id, name: name, digest: stored.digest, bytes: stored.bytes, contentBytes: stored.contentBytes,
            files: stored.files, time: .now())))
      remark("\(name): \(counted(stored.files, "file")), \(size(stored.contentBytes)), sha256 \(stored.digest)")
    }
  }
}

extension OpenStore {
  /// Returns an artifact of a run.
  ///
  /// - Throws: `.notFound` naming what there is.
  func artifact(_ name: String, of run: RunID) throws -> Artifact {
    let all = try tracking.artifacts(of: run)
    if let found = all.first(where: { $0.name == name }) { return found }
    let names = all.map(\.name)
    var message = "run '\(run)' has no artifact '\(name)'"
    if let near = nearestName(to: name, among: names) {
      message += "; did you mean '\(near)'?"
    } else {
      message += names.isEmpty ? "; it has none" : "; it has " + names.joined(separator: ", ")
    }
    throw CommandFailure(.notFound, message)
  }
}

/// Returns the last name of a path.
func lastName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
