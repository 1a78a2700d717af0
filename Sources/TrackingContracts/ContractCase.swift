public import Testing

/// One demand of a contract: what a subject must do, checked with `#expect` on a subject made for this case alone.
///
/// A suite lists its cases; a test target runs them against an implementation, one line a backend:
///
///     @Test(arguments: ArtifactStoreContract.cases)
///     func `the tarball store keeps the contract`(of demand: ContractCase<ArtifactStoreContract.Subject>) throws {
///       try demand.check(makeSubject())
///     }
public struct ContractCase<Subject>: Sendable, CustomTestStringConvertible {
  /// The demand, as a sentence.
  public let name: String
  /// Checks a fresh subject.
  public let check: @Sendable (Subject) throws -> Void

  /// Makes a demand.
  public init(_ name: String, _ check: @escaping @Sendable (Subject) throws -> Void) {
    self.name = name
    self.check = check
  }

  /// The demand, as test reports show it.
  public var testDescription: String { name }
}
