internal import Tracking

/// The eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations: plain arithmetic in a fixed order, so
/// the same bits everywhere.
///
/// Source: Golub and Van Loan 2013, "Matrix computations", section 8.5.
struct SymmetricEigen {
  /// The eigenvalues, `[n]`, in no order.
  private(set) var values: [Double]
  /// The eigenvectors as columns, `[n * n]` row by row.
  private(set) var vectors: [Double]

  /// - Parameter matrix: `[n * n]`, row by row, symmetric.
  init(_ matrix: [Double], _ n: Int) {
    var a = matrix
    var v = [Double](repeating: 0, count: n * n)
    for i in 0..<n { v[i * n + i] = 1 }
    for _ in 0..<60 {
      var off = 0.0
      var on = 0.0
      for i in 0..<n {
        on += a[i * n + i] * a[i * n + i]
        for j in 0..<i { off += a[i * n + j] * a[i * n + j] }
      }
      if off <= 1e-30 * on || n < 2 { break }
      for p in 0..<n - 1 {
        for q in p + 1..<n where a[p * n + q] != 0 { SymmetricEigen.rotate(&a, &v, n, p, q) }
      }
    }
    values = (0..<n).map { a[$0 * n + $0] }
    vectors = v
  }

  // Rotates rows and columns p and q so that their common entry vanishes.
  private static func rotate(_ a: inout [Double], _ v: inout [Double], _ n: Int, _ p: Int, _ q: Int) {
    let theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q])
    let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
    let c = 1 / (t * t + 1).squareRoot()
    let s = t * c
    for k in 0..<n {
      let (kp, kq) = (a[k * n + p], a[k * n + q])
      a[k * n + p] = c * kp - s * kq
      a[k * n + q] = s * kp + c * kq
    }
    for k in 0..<n {
      let (pk, qk) = (a[p * n + k], a[q * n + k])
      a[p * n + k] = c * pk - s * qk
      a[q * n + k] = s * pk + c * qk
      let (vp, vq) = (v[k * n + p], v[k * n + q])
      v[k * n + p] = c * vp - s * vq
      v[k * n + q] = s * vp + c * vq
    }
  }
}
