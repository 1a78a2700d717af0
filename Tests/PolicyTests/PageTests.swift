import Foundation
import Testing
import Tracking
import TrackingContracts

/// `docs/writing-a-policy.md` shows `HopelessPolicy`, which is compiled and tested here.
@Suite struct PageTests {
  @Test func `the page shows the policy as it is`() throws {
    let here = URL(filePath: #filePath).deletingLastPathComponent()
    let root = here.deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "docs/writing-a-policy.md"), encoding: .utf8)
    let file = try String(contentsOf: here.appending(path: "HopelessPolicy.swift"), encoding: .utf8)
    #expect(page.contains("```swift\n\(file)```"), "copy Tests/PolicyTests/HopelessPolicy.swift into the page")
  }

  @Test(arguments: PolicyContract.cases)
  func `hopeless keeps the contract`(of demand: ContractCase<PolicyContract.Subject>) throws {
    try demand.check(PolicyContract.Subject(HopelessPolicy.self))
  }
}
