import Glibc
import PluginProcesses
import Tracking
import TrackingContracts

/// A plugin outside that is a shell script: answers `describe` and `open`, and to an ask what the test says.
struct ShellPlugin {
  let folder = ScratchFolder()
  let program: OutsideProgram

  /// Writes the script.
  ///
  /// - Parameters:
  ///   - ask: commands for the n-th ask of this process (`$asks`, from 1) of the n-th process (`$started`, from 1).
  ///   - more: further members of the introduction, each followed by a comma.
  init(kind: PluginDescription.Kind = .strategy, ask: String, more: String = "") {
    let name = "runs-\(kind.rawValue)-shell"
    folder.write(
      name,
      """
      #!/bin/sh
      here=\(folder.path)
      echo >>$here/starts
      started=$(wc -l <$here/starts)
      asks=0
      while read -r line; do
        printf '%s\\n' "$line" >>$here/received
        case $line in
        *'"op":"describe"'*) echo '{\(more)"kind":"\(kind.rawValue)","name":"shell","protocol":1}' ;;
        *'"op":"open"'*) echo '{"ok":true}' ;;
        *)
          asks=$((asks + 1))
          \(ask)
          ;;
        esac
      done
      """, executable: true)
    program = OutsideProgram(kind: kind, name: "shell", path: folder(name))
  }

  /// What a shell needs.
  static let environment = ["PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"]

  /// Keeps the script until here: a folder that nobody refers to is removed.
  func keep() { withExtendedLifetime(folder) {} }

  func introduction() throws -> PluginIntroduction { try program.introduction(environment: Self.environment) }

  func strategy(options: [String: Value] = [:]) throws -> OutsideStrategy {
    OutsideStrategy(program, try introduction(), options: options, environment: Self.environment)
  }

  /// The asks that the processes got, oldest first.
  var asks: [Value] {
    get throws {
      try folder.text("received").split(separator: "\n").map { try Value(json: String($0)) }
        .filter { $0["as_of"] != nil }
    }
  }
}

extension ScratchFolder {
  func text(_ name: String) -> String {
    guard let file = fopen(self(name), "re") else { return "" }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A proposal of `spec()`'s space, as a line says it.
func proposal(depth: Int) -> String {
  #"{"do":"propose","parameters":{"kind":"a","depth":\#(depth)},"reason":"because"}"#
}
