import Testing
import Tracking
import TrackingContracts

@testable import Sweeping

@Suite struct OutputScanTests {
  private let folder = ScratchFolder()
  private let now = Timestamp(milliseconds: 1)

  private func scan(appended: [String: Int] = [:]) throws -> OutputScan {
    let patterns = try [
      OutputPattern(.init(name: "loss", regex: "loss=([0-9.]+)")),
      OutputPattern(.init(name: "f1", regex: "f1=([0-9.]+)")),
    ]
    return OutputScan(path: folder("stdout"), patterns: patterns, appended: appended)
  }

  private func values(_ columns: [MetricColumns]) -> [String: [Double]] {
    Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0.values) })
  }

  @Test func `a point is handed out by the look after the one that found it, and all of them at the end`() throws {
    var scan = try scan()
    folder.write("stdout", "loss=1\n")
    #expect(scan.next(isEnd: false, now: now).isEmpty && scan.count(of: "loss") == 0)
    folder.write("stdout", "loss=1\nloss=2\nf1=3\n")
    #expect(values(scan.next(isEnd: false, now: now)) == ["loss": [1]] && scan.count(of: "loss") == 1)
    folder.write("stdout", "loss=1\nloss=2\nf1=3\nloss=4")
    #expect(values(scan.next(isEnd: true, now: now)) == ["loss": [2, 4], "f1": [3]] && scan.count(of: "loss") == 3)
    #expect(scan.next(isEnd: true, now: now).isEmpty)
  }

  @Test func `what is passed over is not handed out`() throws {
    var scan = try scan()
    folder.write("stdout", "loss=1\nf1=2\n")
    _ = scan.next(isEnd: false, now: now)
    scan.passOver(["loss"])
    #expect(values(scan.next(isEnd: false, now: now)) == ["f1": [2]])
  }

  @Test func `a scan that starts over hands out what is not on record`() throws {
    var scan = try scan(appended: ["loss": 2])
    folder.write("stdout", "loss=1\nloss=2\nloss=3\n")
    _ = scan.next(isEnd: false, now: now)
    #expect(scan.count(of: "loss") == 2)
    #expect(values(scan.next(isEnd: false, now: now)) == ["loss": [3]])
  }
}
