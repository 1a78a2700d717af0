internal import Tracking

/// The tracking API itself, a route a call: `docs/design/wire.md`.
enum RecordRoutes {
  static func all(_ context: RouteContext) -> [Route] {
    TrackingCall.allCases.map { call in
      let scope: AccessToken.Scope = call == .accessTokens ? .admin : call.isRead ? .read : .log
      return Route(
        .post, call.path, scope: scope,
        .blocking { request in
          do {
            return reply(.record(["result": try answer(call, request, context)]))
          } catch let error as TrackingError {
            context.faults.note(error)
            return refusal(error)
          } catch let error as JSONError {
            return refusal(TrackingError(.invalid, "the body is no JSON: \(error)"))
          }
        })
    }
  }

  private static func answer(
    _ call: TrackingCall, _ request: APIRequest, _ context: RouteContext
  ) throws -> any WireRecord {
    let arguments = try request.json()
    if call.isRead {
      try context.checkReading(call, arguments, by: request.grant)
      return try call.read(arguments, from: context.store)
    }
    return try write(call, WireFields(arguments, "the call '\(call.rawValue)'"), request.grant, context)
  }

  private static func write(
    _ call: TrackingCall, _ fields: WireFields, _ grant: AccessGrant, _ context: RouteContext
  ) throws -> any WireRecord {
    let store = context.store
    switch call {
    case .commit:
      let batch = WriteBatch(try fields.get("changes"))
      try context.checkWriting([batch], by: grant)
      return batch.changes.isEmpty ? 0 : try context.work.committer.write(batch)
    case .append:
      let points = WriteBatch.Points(try fields.get("run"), try fields.get("series"))
      let batch = WriteBatch(points: [points])
      try context.checkWriting([batch], by: grant)
      // The committer writes batches that are not empty; the store says what becomes of an empty one.
      if points.columns.isEmpty {
        try store.append([], to: points.run)
      } else {
        try context.work.committer.write(batch)
      }
      return true
    case .write:
      let batches: [WriteBatch] = try fields.get("batches")
      try context.checkWriting(batches, by: grant)
      return try store.write(batches).map { WireResult($0.mapError(\.shown)) }
    case .recoverMetrics:
      try store.recoverMetrics()
      return true
    case .openLogger:
      let run: RunID = try fields.get("run")
      try context.allow(run, by: grant)
      let logger = try store.logger(for: run)
      return OpenedLogger(id: try context.loggers.add(logger, to: run), attempt: try store.run(run).countedAttempt)
    default: return try log(call, fields, grant, context)
    }
  }

  private static func log(
    _ call: TrackingCall, _ fields: WireFields, _ grant: AccessGrant, _ context: RouteContext
  ) throws -> any WireRecord {
    let id: String = try fields.get("logger")
    guard let entry = context.loggers.find(id) else {
      // The client opens another one.
      throw TrackingError(
        .notFound, "this server has no such logger: it was restarted, or the logger was idle too long")
    }
    try context.allow(entry.run, by: grant)
    switch call {
    case .log:
      let points: [LoggedPoint] = try fields.get("points")
      var refused: [String: TrackingError] = [:]
      for (place, logged) in points.enumerated() {
        do {
          let point = logged.point
          try entry.logger.log(logged.metric, step: point.step, value: point.value, time: point.time)
        } catch let error as TrackingError {
          refused[String(place)] = error.shown
        }
      }
      return refused
    case .flushLogger: try entry.logger.flush()
    default:
      try entry.logger.close()
      context.loggers.remove(id)
    }
    return true
  }

  private static func reply(_ value: Value, status: Int = 200) -> APIReply {
    APIReply(status: status, contentType: "application/json", body: .bytes(Array(value.json.utf8)))
  }

  private static func refusal(_ error: TrackingError) -> APIReply {
    let status =
      switch error.code {
      case .notFound: 404
      case .ambiguous, .conflict: 409
      case .invalid: 400
      default: APIError(error).status
      }
    return reply(.record(["error": error.shown]), status: status)
  }
}

extension TrackingError {
  /// The refusal as clients see it: what a database or the system says may hold paths and statements, and stays here.
  fileprivate var shown: TrackingError {
    isFault ? TrackingError(code, APIError(self).message) : self
  }
}
