/// A stretch of float32 memory, aligned to 64 bytes and zero at first; freed with its last owner.
///
/// Workers write to parts that never overlap: a slot, an image or a row each.
final class FloatBuffer {
  let start: UnsafeMutablePointer<Float>
  let count: Int

  init(_ count: Int) {
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    start = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64).bindMemory(
      to: Float.self, capacity: max(count, 1))
    start.initialize(repeating: 0, count: max(count, 1))
  }

  deinit { start.deallocate() }

  func clear() { start.update(repeating: 0, count: count) }

  func copy(from other: FloatBuffer) {
    precondition(count == other.count, "buffers differ in size")
    start.update(from: other.start, count: count)
  }

  /// All values as bytes, for digests and files.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count * MemoryLayout<Float>.stride) }

  static func + (buffer: FloatBuffer, offset: Int) -> UnsafeMutablePointer<Float> { buffer.start + offset }
}

/// The number of floats that a row of `columns` takes: the next multiple of 8, so that every row fills vectors.
func padded(_ columns: Int) -> Int { (columns + 7) / 8 * 8 }

/// A table of offsets that C reads; it never changes.
final class OffsetTable {
  let start: UnsafeMutablePointer<Int32>
  let count: Int

  init(_ offsets: [Int]) {
    count = offsets.count
    start = .allocate(capacity: max(offsets.count, 1))
    for (index, offset) in offsets.enumerated() { (start + index).initialize(to: Int32(offset)) }
  }

  deinit { start.deallocate() }
}
