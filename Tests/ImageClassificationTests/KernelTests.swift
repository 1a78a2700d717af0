import CImageKernels
import Foundation
import Testing

@testable import ImageClassificationTrainer

struct KernelTests {
  @Test func `exp and log agree with the library within rounding`() {
    for step in 0..<2000 {
      let x = -Float(step) * 0.04
      let expected = Foundation.exp(Double(x))
      #expect(abs(Double(image_exp(x)) - expected) <= 2e-7 * expected)
      let y = 1e-3 * Double(step + 1) * Double(step + 1)
      #expect(abs(image_log(y) - Foundation.log(y)) <= 1e-15 * max(1, abs(Foundation.log(y))))
    }
    #expect(image_exp(0) == 1)
    #expect(image_exp(-100) == 0)
    #expect(image_exp(.nan).isNaN)
  }

  @Test(arguments: [Int32(0), 1, 2])
  func `a product is each output's terms, multiplied, then added in order`(level: Int32) {
    let kernels = Kernels(level: level)
    var draws = Draws(seed: 1, purpose: .split)
    for (rows, inner, columns) in [(1, 1, 8), (7, 5, 8), (9, 9, 16), (23, 31, 24), (17, 12, 40), (31, 3, 72)] {
      let a = FloatBuffer(rows * inner)
      let b = FloatBuffer(inner * columns)
      let bias = FloatBuffer(columns)
      for buffer in [a, b, bias] {
        for index in 0..<buffer.count { buffer.start[index] = draws.signedUnit() }
      }
      let product = Product(
        rows: (0..<rows).map { $0 * inner }, outputs: (0..<rows).map { $0 * columns }, columns: columns, length: inner,
        rightStep: columns)
      let out = FloatBuffer(rows * columns)
      product.run(kernels, a.start, b.start, into: out.start, from: .bias(bias.start), rectify: true)
      var wrong = 0
      for row in 0..<rows {
        for column in 0..<columns {
          var sum = bias.start[column]
          for k in 0..<inner { sum += a.start[row * inner + k] * b.start[k * columns + column] }
          if (sum > 0 ? sum : 0) != out.start[row * columns + column] { wrong += 1 }
        }
      }
      #expect(wrong == 0, "\(kernels.name) \(rows)x\(inner)x\(columns)")
    }
  }

  @Test func `a net that has diverged shows it in the loss`() {
    let kernels = Kernels.best
    var losses = [0.0, 0]
    var ranks: [Int32] = [0, 0]
    kernels.call.classify(
      [.nan, 1, 0, 0, 0, 0, 0, 0, 1, 2, .nan, 0, 0, 0, 0, 0], 2, 3, 8, [1, 2], &losses, &ranks, nil)
    #expect(losses.allSatisfy { !$0.isFinite })
    #expect(ranks == [0, 2])
  }

  @Test func `the best instruction set is used, and an older one can be asked for`() {
    #expect(Kernels(level: 0).name == "sse2")
    #expect(Kernels.best.name == Kernels(level: image_best_level()).name)
  }
}
