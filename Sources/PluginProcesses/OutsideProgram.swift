internal import Glibc
public import Tracking

/// An executable that is a strategy or a policy.
public struct OutsideProgram: Sendable, Equatable {
  /// What it is.
  public let kind: PluginDescription.Kind
  /// Its name: what follows `runs-strategy-` or `runs-policy-`.
  public let name: String
  /// Where it is.
  public let path: String

  /// Names an executable.
  public init(kind: PluginDescription.Kind, name: String, path: String) {
    self.kind = kind
    self.name = name
    self.path = path
  }

  /// How long a plugin may take for an answer unless it asks for more, in seconds.
  public static let patience = 60.0

  /// Returns the program of a name in the first folder that has it; nil where there is none.
  public static func find(_ kind: PluginDescription.Kind, _ name: String, in folders: [String]) -> OutsideProgram? {
    guard !name.isEmpty, !name.contains("/") else { return nil }
    for folder in folders {
      let path = folder + "/" + PluginProtocol.programName(kind, name)
      if isProgram(path) { return OutsideProgram(kind: kind, name: name, path: path) }
    }
    return nil
  }

  /// Returns all programs in folders, by kind and name; of two of one name that of the earlier folder.
  public static func all(in folders: [String]) -> [OutsideProgram] {
    var found: [OutsideProgram] = []
    for folder in folders {
      guard let directory = opendir(folder) else { continue }
      defer { closedir(directory) }
      while let entry = readdir(directory) {
        let file = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        for kind in [PluginDescription.Kind.strategy, .policy] {
          let prefix = PluginProtocol.programName(kind, "")
          let name = String(file.dropFirst(prefix.count))
          guard file.hasPrefix(prefix), !name.isEmpty, isProgram(folder + "/" + file),
            !found.contains(where: { $0.kind == kind && $0.name == name })
          else { continue }
          found.append(OutsideProgram(kind: kind, name: name, path: folder + "/" + file))
        }
      }
    }
    return found.sorted { ($0.kind.rawValue, $0.name) > ($1.kind.rawValue, $1.name) }
      .sorted { $0.kind == $1.kind ? $0.name < $1.name : $0.kind == .strategy }
  }

  private static func isProgram(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }

  /// Asks the program what it is.
  ///
  /// - Parameter environment: the program's whole environment.
  /// - Throws: `.system` with what went wrong and what it wrote to standard error.
  public func introduction(environment: [String: String], within seconds: Double = patience) throws
    -> PluginIntroduction
  {
    let session = OutsideSession(self, environment: environment)
    return try session.introduction(within: seconds)
  }

  /// Asks the program what is wrong with options; where it does not check them, names are held against those that it told.
  public func problems(
    _ introduction: PluginIntroduction, options: [String: Value], sweep: SweepSpec, environment: [String: String]
  ) -> [PluginProblem] {
    guard introduction.checks else {
      let known = introduction.description.options.map(\.name)
      return options.keys.sorted().filter { !known.contains($0) }.map {
        PluginProblem(
          $0,
          "\(name) takes no option '\($0)'; "
            + (known.isEmpty ? "it takes none" : "it takes \(known.map { "`\($0)`" }.joined(separator: ", "))"))
      }
    }
    do {
      let session = OutsideSession(self, environment: environment)
      return try session.problems(options: options, sweep: sweep, within: introduction.timeout)
    } catch {
      return [PluginProblem(nil, (error as? TrackingError)?.message ?? "\(error)")]
    }
  }
}
