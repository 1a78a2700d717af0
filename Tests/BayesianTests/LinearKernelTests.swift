import CLinearKernels
import Testing
import Tracking

struct LinearKernelTests {
  @Test func `the exponential is within two units in the last place`() {
    let x = stride(from: -720.0, to: 710, by: 0.737).map { $0 } + [0, -1e-20, 1e-300]
    var out = [Double](repeating: 0, count: x.count)
    linear_exp(Int64(x.count), x, &out)
    for (x, y) in zip(x, out) where x > -708 && x < 709 {
      let exact = PortableMath.exp(x)
      #expect(abs(y - exact) <= 3 * exact.ulp, "\(x)")
    }
    #expect(out[0] == 0)
    #expect(out[x.count - 3] == 1)
  }

  /// A positive definite matrix.
  func matrix(_ count: Int) -> [Double] {
    var a = [Double](repeating: 0, count: count * count)
    for i in 0..<count {
      for j in 0..<count { a[i * count + j] = 1 / (1 + Double(abs(i - j))) + (i == j ? 0.5 : 0) }
    }
    return a
  }

  @Test(arguments: [1, 2, 7, 31, 32, 33, 64, 65, 100, 131])
  func `factor, inverse and Gram matrix fit together`(count: Int) {
    let a = matrix(count)
    var factor = a
    #expect(linear_cholesky(Int64(count), &factor, Int64(count)) == 0)
    func at(_ m: [Double], _ i: Int, _ j: Int) -> Double { j <= i ? m[i * count + j] : 0 }
    for (i, j) in [(0, 0), (count - 1, 0), (count - 1, count - 1), (count / 2, count / 3), (count - 1, count / 2)] {
      let product = (0..<count).reduce(0) { $0 + at(factor, i, $1) * at(factor, j, $1) }
      #expect(abs(product - a[i * count + j]) < 1e-12)
    }
    var inverse = [Double](repeating: 0, count: count * count)
    linear_invert_lower(Int64(count), factor, &inverse, Int64(count))
    for (i, j) in [(0, 0), (count - 1, 0), (count / 2, count / 3), (count - 1, count / 2)] {
      let product = (0..<count).reduce(0) { $0 + at(factor, i, $1) * at(inverse, $1, j) }
      #expect(abs(product - (i == j ? 1 : 0)) < 1e-12)
    }
    var gram = [Double](repeating: 0, count: count * count)
    linear_gram_of_lower(Int64(count), inverse, &gram, Int64(count))
    // The Gram matrix of the factor's inverse is the inverse of the matrix.
    func symmetric(_ i: Int, _ j: Int) -> Double { gram[max(i, j) * count + min(i, j)] }
    for (i, j) in [(0, 0), (count - 1, 0), (count / 2, count - 1)] {
      let product = (0..<count).reduce(0) { $0 + a[i * count + $1] * symmetric($1, j) }
      #expect(abs(product - (i == j ? 1 : 0)) < 1e-11)
    }
    let v = (0..<count).map { Double($0 % 5) - 1.5 }
    var (there, back) = (v, v)
    linear_lower_times(Int64(count), inverse, Int64(count), v, &there)
    linear_transposed_lower_times(Int64(count), inverse, Int64(count), v, &back)
    let i = count / 2
    #expect(abs(there[i] - (0..<count).reduce(0) { $0 + at(inverse, i, $1) * v[$1] }) < 1e-12)
    #expect(abs(back[i] - (0..<count).reduce(0) { $0 + at(inverse, $1, i) * v[$1] }) < 1e-12)
  }

  @Test func `a matrix that is not positive definite is told by its pivot`() {
    var a: [Double] = [1, 0, 2, 1]
    #expect(linear_cholesky(2, &a, 2) == 2)
  }
}
