internal import Tracking

/// The routes about the server itself.
enum ServerRoutes {
  /// The version of MLflow whose API this is: clients compare it with their own.
  static let version = "3.17.2"

  static func all(_ context: RouteContext) -> [Route] {
    [
      Route(.get, "/health", .quick { _ in APIReply(text: "OK") }),
      Route(.get, "/version", .quick { _ in APIReply(text: version) }),
      Route(.get, "/api/3.0/mlflow/server-info", .quick { _ in serverInfo }),
    ]
  }

  private static let serverInfo: APIReply = {
    var pen = JSONPen()
    pen.object {
      $0.field("store_type", "SqlStore")
      $0.field("workspaces_enabled", false)
      $0.field("trace_archival_enabled", false)
      $0.field("multipart_uploads_enabled", false)
      $0.field("multipart_downloads_enabled", false)
      $0.field("presigned_upload_run_id_supported", false)
      $0.field("presigned_upload_model_id_supported", false)
    }
    return APIReply(json: pen)
  }()
}
