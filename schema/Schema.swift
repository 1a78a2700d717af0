/// One numbered, forward-only change of the database's shape.
public struct Migration: Sendable, Equatable {
  /// The number in the file's name; migrations run in this order, from 1 without gaps.
  public let version: Int
  /// The file's name without number and extension.
  public let name: String
  /// The SQL text, several statements, `$1` placeholders nowhere.
  public let sql: String
}

/// The migrations that this build knows, oldest first.
public enum Schema {
  /// Every migration, in order of its version.
  public static let migrations: [Migration] = [
    Migration(version: 1, name: "records", sql: text(PackageResources.v0001_records_sql)),
    Migration(version: 2, name: "allowances", sql: text(PackageResources.v0002_allowances_sql)),
    Migration(version: 3, name: "catalogue", sql: text(PackageResources.v0003_catalogue_sql)),
  ]

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
