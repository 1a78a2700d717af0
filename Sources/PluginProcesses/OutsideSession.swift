internal import Synchronization
internal import Tracking

/// A conversation with a program: starts it when it is needed, and anew after it failed.
///
/// Its lock guards it: `guarded` takes it for a whole exchange.
final class OutsideSession: @unchecked Sendable {
  private let lock = Mutex(())
  private let program: OutsideProgram
  private let environment: [String: String]
  private var process: OutsideProcess?
  private var feed: RecordsFeed?
  private var sweep: Sweep?

  init(_ program: OutsideProgram, environment: [String: String]) {
    self.program = program
    self.environment = environment
  }

  func introduction(within seconds: Double) throws -> PluginIntroduction {
    try guarded {
      let introduction = try PluginIntroduction(value: call(.describe, within: seconds))
      guard introduction.description.kind == program.kind, introduction.description.name == program.name else {
        let said = introduction.description
        throw PluginProtocol.invalid("it says that it is the \(said.kind.rawValue) '\(said.name)'")
      }
      return introduction
    }
  }

  func problems(options: [String: Value], sweep: SweepSpec, within seconds: Double) throws -> [PluginProblem] {
    try guarded {
      let answer = try call(.problems(options: options, sweep: sweep), within: seconds)
      return (answer["problems"]?.list ?? []).compactMap(PluginProblem.init(value:))
    }
  }

  /// Tells what is new in a session and asks.
  ///
  /// - Parameters:
  ///   - request: makes the request of the news.
  ///   - use: reads the answer; what it throws is the program's failure too.
  func ask<Result>(
    in session: SweepSession, options: [String: Value], within seconds: Double,
    _ request: (RecordsUpdate) -> PluginRequest, use: (PluginAnswer) throws -> Result
  ) throws -> Result {
    try guarded {
      if feed?.canGoOn(with: session) != true || sweep != session.sweep || process == nil {
        feed = RecordsFeed(session.sweep.spec)
        sweep = session.sweep
        _ = try call(.open(run: session.sweep.run, options: options, sweep: session.sweep.spec), within: seconds)
      }
      guard let update = try feed?.update(from: session) else { preconditionFailure("a feed was just made") }
      return try use(PluginAnswer(value: call(request(update), within: seconds)))
    }
  }

  private func call(_ request: PluginRequest, within seconds: Double) throws -> Value {
    let process = try self.process ?? OutsideProcess(program.path, environment: environment)
    self.process = process
    let line = try process.call(request.value.json, within: Int(seconds * 1000))
    let answer: Value
    do {
      answer = try Value(json: line)
    } catch {
      throw PluginProtocol.invalid("it answered with '\(line.prefix(120))', which is no JSON (\(error))")
    }
    if let error = answer["error"]?.text { throw PluginProtocol.invalid("it refused: \(error)") }
    return answer
  }

  // After a failure the process is ended: the next ask starts another and tells it everything.
  private func guarded<Result>(_ deed: () throws -> Result) throws -> Result {
    var outcome: Swift.Result<Result, any Error>?
    lock.withLock { _ in outcome = Swift.Result { try guardedByLock(deed) } }
    guard let outcome else { preconditionFailure("a lock runs its body") }
    return try outcome.get()
  }

  private func guardedByLock<Result>(_ deed: () throws -> Result) throws -> Result {
    do {
      return try deed()
    } catch {
      let reason = (error as? TrackingError)?.message ?? "\(error)"
      process?.kill()
      let wrote = process?.lastErrors ?? ""
      process = nil
      feed = nil
      throw TrackingError(
        .system,
        "the \(program.kind.rawValue) '\(program.name)' (\(program.path)) gave no answer: \(reason)"
          + (wrote.isEmpty ? "" : "; it wrote: \(wrote)"))
    }
  }
}
