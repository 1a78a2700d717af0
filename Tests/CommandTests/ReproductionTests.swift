import Testing
import Tracking

@testable import runs

private func columns(_ values: [Double], name: String = "loss", from step: Int64 = 0) -> MetricColumns {
  var columns = MetricColumns(name: name)
  for (index, value) in values.enumerated() {
    columns.append(
      MetricPoint(step: step + Int64(index), time: Timestamp(milliseconds: Int64(index)), value: value))
  }
  return columns
}

private func compared(_ recorded: [Double], _ again: [Double], isComplete: Bool = true) -> Reproduction {
  var comparison = Reproduction()
  comparison.compare(columns(recorded), columns(again), isComplete: isComplete)
  return comparison
}

@Suite struct ReproductionTests {
  @Test func `equal bits are identical, NaN included`() {
    let comparison = compared([0.1, .nan, -0.0], [0.1, .nan, -0.0])
    #expect(comparison.isIdentical)
    #expect(comparison.sentence == "identical: 3 points in 1 series")
  }

  @Test func `minus zero is not zero`() {
    #expect(!compared([0.0], [-0.0]).isIdentical)
  }

  @Test func `the last bit counts, and the verdict says where and by how much`() {
    let comparison = compared([0.1, 0.2, 0.3], [0.1, 0.2.nextUp, 0.4])
    #expect(
      comparison.sentence == "not identical: loss at step 1 was 0.2 and is 0.20000000000000004 "
        + "(differs by 2.78e-17); 1 of 3 points in 1 series are equal")
  }

  @Test func `of several metrics the smallest step is told`() {
    var comparison = compared([1, 2, 3], [1, 2, 4])
    comparison.compare(columns([5, 6], name: "accuracy"), columns([5, 7], name: "accuracy"), isComplete: true)
    #expect(comparison.first?.metric == "accuracy")
    #expect(comparison.first?.step == 1)
    #expect(comparison.equalPoints == 3)
  }

  @Test func `points that are missing or too many differ`() {
    #expect(compared([1, 2], [1]).sentence.contains("loss at step 1 was 2.0 and is not there"))
    #expect(compared([1], [1, 2]).sentence.contains("loss at step 1 was not there and is 2.0"))
  }

  @Test func `of a run that ended early only what it logged is compared`() {
    #expect(compared([1], [1, 2], isComplete: false).isIdentical)
    #expect(!compared([1, 2], [1], isComplete: false).isIdentical)
  }

  @Test func `nothing to compare is not identical`() {
    #expect(!Reproduction().isIdentical)
  }

  @Test func `another model is not identical`() throws {
    var comparison = compared([1], [1])
    let digest = Digest(hashing: "a")
    comparison.artifacts = [.init(name: "model", recorded: digest, again: digest, isEqual: true)]
    #expect(comparison.sentence == "identical: 1 point in 1 series, model \(digest)")
    comparison.artifacts = [.init(name: "model", recorded: digest, again: nil, isEqual: false)]
    #expect(!comparison.isIdentical)
    #expect(comparison.sentence.hasPrefix("not identical: all 1 point in 1 series are equal; the model was \(digest)"))
    #expect(comparison.members["model_again"] == .null)
    comparison.artifacts = [
      .init(name: "model", recorded: digest, again: Digest(hashing: "packed otherwise"), isEqual: false)
    ]
    #expect(!comparison.isIdentical)
    comparison.artifacts[0].isEqual = true
    #expect(comparison.sentence == "identical: 1 point in 1 series, model \(digest)")
  }

  @Test func `new seeds are judged without claiming too much`() {
    func study(_ label: String, _ values: [Double]) -> SeedStudy {
      SeedStudy(label: label, trial: RunID(randomBits: 1), inSweep: nil, runs: [], values: values)
    }
    let winner = study("winner", [0.98, 0.99, 0.97])
    #expect(winner.mean.map { $0.short(3) } == "0.98")
    #expect(winner.deviation.map { $0.short(3) } == "0.01")
    let far = study("trial 0", [0.90, 0.91, 0.89])
    #expect(conclusion(winner, far, .maximize).contains("is better than trial 0 by 0.08 on average; the seeds"))
    let near = study("trial 0", [0.975, 0.985, 0.965])
    #expect(conclusion(winner, near, .maximize).contains("within the spread of the seeds"))
    let better = study("trial 0", [0.99, 0.99, 0.99])
    #expect(conclusion(winner, better, .maximize).contains("is not better"))
    #expect(conclusion(study("winner", []), better, .maximize).contains("too few"))
  }
}
