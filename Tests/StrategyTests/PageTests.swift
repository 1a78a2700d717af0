import Foundation
import Testing
import Tracking
import TrackingContracts

/// `docs/writing-a-strategy.md` shows `CrossStrategy`, which is compiled and tested here.
@Suite struct PageTests {
  @Test func `the page shows the strategy as it is`() throws {
    let here = URL(filePath: #filePath).deletingLastPathComponent()
    let root = here.deletingLastPathComponent().deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "docs/writing-a-strategy.md"), encoding: .utf8)
    let file = try String(contentsOf: here.appending(path: "CrossStrategy.swift"), encoding: .utf8)
    #expect(page.contains("```swift\n\(file)```"), "copy Tests/StrategyTests/CrossStrategy.swift into the page")
  }

  @Test(arguments: StrategyContract.cases, [Spaces.finite, Spaces.lab])
  func `cross keeps the contract`(of demand: ContractCase<StrategyContract.Subject>, in space: SearchSpace) throws {
    try demand.check(StrategyContract.Subject(CrossStrategy.self, space: space))
  }
}
