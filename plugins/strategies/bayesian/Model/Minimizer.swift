/// Minimises smooth functions within bounds: limited-memory BFGS with projected steps.
///
/// Source: Nocedal and Wright 2006, algorithms 7.4 and 7.5; bounds by projecting each trial step and leaving out
/// coordinates that a bound holds (Bertsekas 1982).
struct Minimizer {
  /// How many past steps shape the next one.
  var memory = 8
  /// The most evaluations of the function.
  var evaluations = 60
  /// Ends when a step gains less than this, relative to the value's size.
  var tolerance = 1e-7
  /// Ends when no free coordinate's slope is steeper.
  var slopeTolerance = 1e-5
  /// The longest first step in any coordinate.
  var firstStep = 0.5

  /// Returns the lowest point found from a start, and its value.
  ///
  /// - Parameter function: returns the value and writes the gradient; infinity where it is not defined.
  func minimize(
    from start: [Double], lower: [Double], upper: [Double],
    _ function: ([Double], inout [Double]) -> Double
  ) -> (point: [Double], value: Double) {
    let count = start.count
    var x = start
    for i in 0..<count { x[i] = min(max(x[i], lower[i]), upper[i]) }
    var gradient = [Double](repeating: 0, count: count)
    var value = function(x, &gradient)
    guard value.isFinite else { return (x, value) }
    var used = 1
    var steps: [[Double]] = []
    var changes: [[Double]] = []
    var products: [Double] = []
    var trialGradient = gradient
    while used < evaluations {
      var direction = gradient
      var isFree = [Bool](repeating: true, count: count)
      var steepest = 0.0
      for i in 0..<count {
        if (x[i] <= lower[i] && gradient[i] > 0) || (x[i] >= upper[i] && gradient[i] < 0) {
          isFree[i] = false
          direction[i] = 0
        } else {
          steepest = max(steepest, abs(gradient[i]))
        }
      }
      if steepest <= slopeTolerance { break }
      bend(&direction, steps, changes, products, isFree)
      var slope = 0.0
      for i in 0..<count { slope -= direction[i] * gradient[i] }
      if !(slope < 0) {
        steps.removeAll()
        changes.removeAll()
        products.removeAll()
        for i in 0..<count { direction[i] = isFree[i] ? gradient[i] : 0 }
      }
      var length = 1.0
      if steps.isEmpty {
        var longest = 0.0
        for d in direction { longest = max(longest, abs(d)) }
        length = min(1, firstStep / longest)
      }
      var next = x
      var nextValue = Double.infinity
      var gained = false
      while used < evaluations {
        var expected = 0.0
        for i in 0..<count {
          next[i] = min(max(x[i] - length * direction[i], lower[i]), upper[i])
          expected += gradient[i] * (next[i] - x[i])
        }
        nextValue = function(next, &trialGradient)
        used += 1
        if nextValue.isFinite && nextValue <= value + 1e-4 * expected {
          gained = expected < 0
          break
        }
        if nextValue.isFinite && expected < 0 {
          // The minimum of the parabola through both values and the slope, kept within a tenth and a half.
          let bent = -0.5 * expected / (nextValue - value - expected)
          length *= min(max(bent, 0.1), 0.5)
        } else {
          length *= 0.2
        }
        if length < 1e-12 { break }
      }
      guard gained else { break }
      var step = next
      var change = trialGradient
      var curvature = 0.0
      var size = 0.0
      for i in 0..<count {
        step[i] -= x[i]
        change[i] -= gradient[i]
        curvature += step[i] * change[i]
        size += change[i] * change[i]
      }
      if curvature > 1e-10 * size {
        steps.append(step)
        changes.append(change)
        products.append(curvature)
        if steps.count > memory {
          steps.removeFirst()
          changes.removeFirst()
          products.removeFirst()
        }
      }
      let gain = value - nextValue
      x = next
      value = nextValue
      swap(&gradient, &trialGradient)
      if gain <= tolerance * max(1, abs(value)) { break }
    }
    return (x, value)
  }

  // The two-loop recursion: turns a gradient into a quasi-Newton direction.
  private func bend(
    _ direction: inout [Double], _ steps: [[Double]], _ changes: [[Double]], _ products: [Double], _ isFree: [Bool]
  ) {
    guard let lastStep = steps.last, let lastChange = changes.last else { return }
    let count = direction.count
    var factors = [Double](repeating: 0, count: steps.count)
    for k in steps.indices.reversed() {
      var product = 0.0
      for i in 0..<count { product += steps[k][i] * direction[i] }
      factors[k] = product / products[k]
      for i in 0..<count { direction[i] -= factors[k] * changes[k][i] }
    }
    var top = 0.0
    var bottom = 0.0
    for i in 0..<count {
      top += lastStep[i] * lastChange[i]
      bottom += lastChange[i] * lastChange[i]
    }
    for i in 0..<count { direction[i] *= top / bottom }
    for k in steps.indices {
      var product = 0.0
      for i in 0..<count { product += changes[k][i] * direction[i] }
      for i in 0..<count { direction[i] += (factors[k] - product / products[k]) * steps[k][i] }
    }
    for i in 0..<count where !isFree[i] { direction[i] = 0 }
  }
}
