internal import Tracking

/// A refusal as MLflow's clients read it: an HTTP status and `{"error_code", "message"}`.
///
/// Clients send a request again for minutes when the status is 408, 429 or 5xx, so nothing that is wrong with the
/// request itself gets one of those.
struct APIError: Error, Sendable, Equatable {
  /// MLflow's names of errors, those that we use.
  enum Code: String, Sendable {
    case badRequest = "BAD_REQUEST"
    case invalidParameterValue = "INVALID_PARAMETER_VALUE"
    case resourceAlreadyExists = "RESOURCE_ALREADY_EXISTS"
    case invalidState = "INVALID_STATE"
    case unauthenticated = "UNAUTHENTICATED"
    case permissionDenied = "PERMISSION_DENIED"
    case resourceDoesNotExist = "RESOURCE_DOES_NOT_EXIST"
    case endpointNotFound = "ENDPOINT_NOT_FOUND"
    case resourceConflict = "RESOURCE_CONFLICT"
    case requestLimitExceeded = "REQUEST_LIMIT_EXCEEDED"
    case internalError = "INTERNAL_ERROR"
    case notImplemented = "NOT_IMPLEMENTED"
    case temporarilyUnavailable = "TEMPORARILY_UNAVAILABLE"
  }

  var code: Code
  var status: Int
  /// For people; without paths of this machine, and without SQL.
  var message: String

  init(_ code: Code, status: Int? = nil, _ message: String) {
    self.code = code
    self.status = status ?? code.status
    self.message = message
  }

  /// 400 INVALID_PARAMETER_VALUE.
  static func invalid(_ message: String) -> APIError { APIError(.invalidParameterValue, message) }

  /// 404 RESOURCE_DOES_NOT_EXIST.
  static func notFound(_ message: String) -> APIError { APIError(.resourceDoesNotExist, message) }

  /// What MLflow says when a field is missing.
  static func missing(_ field: String) -> APIError {
    invalid(
      "Missing value for required parameter '\(field)'. See the API docs for more information about request parameters."
    )
  }

  /// What MLflow says when a field has the wrong type; `hint` names Python's type.
  static func wrongType(_ shown: String, _ field: String, hint: String) -> APIError {
    invalid(
      "Invalid value \(shown) for parameter '\(field)' supplied: Hint: Value was of type '\(hint)'. See the API docs for "
        + "more information about request parameters.")
  }

  /// The answer that carries it.
  var reply: APIReply {
    var pen = JSONPen()
    pen.object {
      $0.field("error_code", code.rawValue)
      $0.field("message", message)
    }
    var reply = APIReply(status: status, json: pen)
    if code == .unauthenticated { reply.headers.append(("WWW-Authenticate", "Basic realm=\"runs\"")) }
    return reply
  }

  /// The status of a fault that asking again does not cure: clients would repeat a 500 for minutes, and then tell of a
  /// number instead of the message. RFC 4918 has 507 for a server that cannot store, and forbids to repeat the request.
  static let lasting = 507

  /// Translates what a route threw.
  init(_ error: any Error) {
    switch error {
    case let error as APIError: self = error
    case let error as TrackingError: self.init(error)
    case let error as JSONError: self.init(.badRequest, "the body is no JSON: \(error)")
    default: self.init(.internalError, "the server failed; its output tells more")
    }
  }

  private init(_ error: TrackingError) {
    switch error.code {
    case .notFound: self.init(.resourceDoesNotExist, error.message)
    case .conflict, .invalid, .ambiguous: self.init(.invalidParameterValue, error.message)
    case .busy:
      self.init(.temporarilyUnavailable, "the store is busy: another process holds it; send the request again")
    case .full:
      self.init(
        .temporarilyUnavailable,
        "there is no room left where the store is, so nothing of this request was recorded; make room on the server's disk, "
          + "and send the request again")
    case .readOnly:
      self.init(
        .internalError, status: Self.lasting,
        "the server can only read its store, so nothing of this request was recorded; see who owns its files, and how "
          + "its disk is mounted")
    case .system:
      self.init(.internalError, "the system refused to read or write the store; the output of `runs serve` tells more")
    case .corrupt:
      self.init(
        .internalError, status: Self.lasting,
        "what is stored at this place is damaged; `runs fsck` on the server tells more")
    case .incompatible:
      self.init(
        .internalError, status: Self.lasting, "the store was written by a newer program; the server must be updated")
    }
  }
}

extension TrackingError {
  /// True for what is no answer to the request: the store failed.
  var isFault: Bool {
    switch code {
    case .notFound, .ambiguous, .conflict, .invalid: false
    case .busy, .corrupt, .incompatible, .full, .readOnly, .system: true
    }
  }
}

extension APIError.Code {
  /// The HTTP status that goes with it.
  var status: Int {
    switch self {
    case .badRequest, .invalidParameterValue, .resourceAlreadyExists, .invalidState: 400
    case .unauthenticated: 401
    case .permissionDenied: 403
    case .resourceDoesNotExist, .endpointNotFound: 404
    case .resourceConflict: 409
    case .requestLimitExceeded: 429
    case .internalError: 500
    case .notImplemented: 501
    case .temporarilyUnavailable: 503
    }
  }
}
