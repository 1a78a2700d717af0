import Glibc
import SQLTracking
import TarArtifacts
import Testing
import Tracking
import TrackingContracts

@testable import Exchange

struct TensorBoardTests {
  @Test func `checksums are those of the Castagnoli polynomial`() {
    // RFC 3720, B.4, and a text of every length up to 40 against a bit-by-bit sum.
    let zeros = [UInt8](repeating: 0, count: 32)
    #expect(zeros.withUnsafeBytes { CRC32C.of($0) } == 0x8A91_36AA)
    let ones = [UInt8](repeating: 0xFF, count: 32)
    #expect(ones.withUnsafeBytes { CRC32C.of($0) } == 0x62A8_AB43)
    for count in 0...40 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
      var register: UInt32 = ~0
      for byte in bytes {
        register ^= UInt32(byte)
        for _ in 0..<8 { register = register & 1 == 1 ? register >> 1 ^ 0x82F6_3B78 : register >> 1 }
      }
      #expect(bytes.withUnsafeBytes { CRC32C.of($0) } == ~register)
    }
  }

  @Test func `scalars come in as they were written`() throws {
    let golden = try Golden("tensorboard")
    let store = try OwnStore()
    let summary = try store.importing(tensorBoard: golden("tb"))
    #expect(summary.problems == [])
    let runs = try store.runs()
    #expect(Set(runs.keys) == ["first", "deep", "deep/tensors", "tuned", "tuned/trial"])
    let first = try #require(runs["first"])
    #expect(first.run.state == .finished)
    #expect(first.run.started == Timestamp(milliseconds: 1_700_000_000_000))
    let loss = try store.tracking.points(of: first.run.id, metric: "loss")
    #expect(loss.steps == (0..<100).map { Int64($0) })
    #expect(loss.times == (0..<100).map { 1_700_000_000_000 + Int64($0) * 1_000 })
    #expect(loss.values == (0..<100).map { Double(Float(1 / Double($0 + 1))) })
    let odd = try store.tracking.points(of: first.run.id, metric: "odd")
    #expect(odd.values[0].isNaN && odd.values[1] == .infinity && odd.values[2] == -.infinity)
    #expect(odd.values[3].sign == .minus)
  }

  @Test func `scalars that are tensors come in too, and files of one folder follow each other`() throws {
    let golden = try Golden("tensorboard")
    let store = try OwnStore()
    _ = try store.importing(tensorBoard: golden("tb"))
    let runs = try store.runs()
    let tensors = try #require(runs["deep/tensors"]).run.id
    #expect(try store.tracking.points(of: tensors, metric: "epoch_loss").values == (0..<10).map { 0.5 * Double($0) })
    #expect(try store.tracking.points(of: tensors, metric: "exact").values == (0..<10).map { 0.1 * Double($0) })
    #expect(try store.tracking.points(of: tensors, metric: "packed").values == (0..<10).map { Double($0) })
    let deep = try #require(runs["deep"]).run.id
    #expect(try store.tracking.points(of: deep, metric: "loss").values == (0..<10).map { Double($0) })
  }

  @Test func `hyperparameters are parameters, and other kinds are counted`() throws {
    let golden = try Golden("tensorboard")
    let store = try OwnStore()
    _ = try store.importing(tensorBoard: golden("tb"))
    let tuned = try #require(try store.runs()["tuned/trial"])
    #expect(
      tuned.parameters.byName == ["lr": 0.25, "layers": 3, "optimizer": "adam", "nesterov": true])
    #expect(try store.tracking.points(of: tuned.run.id, metric: "score").values == [0.75])
    let problems = Problems()
    let source = try TensorBoardFolder(golden("tb"), experiment: "tb") { problems.list.append($0) }
    let experiment = try source.experiments()[0]
    var page: String?
    repeat { page = try source.runs(in: experiment, page: page).next } while page != nil
    #expect(source.leftOut == ["histogram": 1, "text": 1])
  }

  @Test func `a second import adds nothing`() throws {
    let golden = try Golden("tensorboard")
    let store = try OwnStore()
    let first = try store.importing(tensorBoard: golden("tb"))
    let second = try store.importing(tensorBoard: golden("tb"))
    #expect(first.runs == 5 && second.runs == 0 && second.present == 5 && second.differing == [])
    // A run that has grown meanwhile.
    _ = runTool(
      "cp", golden("tb/deep/events.out.tfevents.1700000401.host"), golden("tb/deep/events.out.tfevents.1800000000.host")
    )
    let third = try store.importing(tensorBoard: golden("tb"))
    #expect(third.present == 4 && third.differing.count == 1)
  }

  @Test func `damage is told with its place, and what is sound comes in`() throws {
    let golden = try Golden("tensorboard")
    let path = golden("tb/deep/events.out.tfevents.1700000400.host")
    let whole = try contents(of: path)
    func importing(_ bytes: [UInt8]) throws -> (count: Int, problems: [String]) {
      let folder = ScratchFolder()
      let file = fopen(folder("events.out.tfevents.1.x"), "w")
      fwrite(bytes, 1, bytes.count, file)
      fclose(file)
      var problems: [String] = []
      var content = EventContent()
      try content.read(folder("events.out.tfevents.1.x")) { problems.append($0) }
      return (content.columns.first?.count ?? 0, problems)
    }
    #expect(try importing(whole).count == 5)
    // Cut off anywhere: what is whole counts.
    for cut in stride(from: 0, to: whole.count, by: 7) {
      let found = try importing(Array(whole.prefix(cut)))
      #expect(found.count <= 5 && found.problems.count <= 1)
    }
    // Any byte that is not as it was is noticed.
    for place in whole.indices {
      var bytes = whole
      bytes[place] ^= 0x10
      let found = try importing(bytes)
      #expect(found.count < 5 && found.problems.count == 1, "byte \(place)")
    }
  }
}
