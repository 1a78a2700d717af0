/// A block of doubles at a fixed address, for the C kernels; freed with its owner.
final class DoubleBuffer {
  /// The first number.
  let start: UnsafeMutablePointer<Double>
  /// How many numbers there are.
  let count: Int

  /// Allocates numbers, all 0.
  init(_ count: Int) {
    self.count = count
    start = .allocate(capacity: max(count, 1))
    start.initialize(repeating: 0, count: max(count, 1))
  }

  /// Copies numbers.
  convenience init(_ values: [Double]) {
    self.init(values.count)
    for (index, value) in values.enumerated() { start[index] = value }
  }

  deinit { start.deallocate() }

  /// The numbers.
  var array: [Double] { Array(UnsafeBufferPointer(start: start, count: count)) }

  /// A number by its place.
  subscript(index: Int) -> Double {
    get { start[index] }
    set { start[index] = newValue }
  }
}
