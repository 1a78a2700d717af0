internal import Dispatch
internal import Synchronization

/// Threads that share numbered pieces of work. They sleep when there is none: several trials share the cores.
struct Workers {
  /// How many pieces may be at work at once.
  let count: Int

  init(_ count: Int) { self.count = max(count, 1) }

  /// Does every piece once, in any order, and returns when all are done.
  ///
  /// What a piece computes must not depend on the worker: results are the same for any number of threads.
  func run(_ pieces: Int, _ body: (_ piece: Int, _ worker: Int) -> Void) {
    if count == 1 || pieces <= 1 {
      for piece in 0..<pieces { body(piece, 0) }
      return
    }
    let next = Atomic<Int>(0)
    withoutActuallyEscaping(body) { body in
      let shared = SharedBody(call: body)
      DispatchQueue.concurrentPerform(iterations: min(count, pieces)) { worker in
        while true {
          let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
          if piece >= pieces { return }
          shared.call(piece, worker)
        }
      }
    }
  }

  /// Unchecked: `concurrentPerform` returns before the body goes away, and pieces write to memory of their own.
  private struct SharedBody: @unchecked Sendable {
    let call: (_ piece: Int, _ worker: Int) -> Void
  }

  /// The first image and the number of images of a slot: contiguous stretches whose sizes differ by at most one.
  static func slot(_ slot: Int, of slots: Int, images: Int) -> Range<Int> {
    (slot * images / slots)..<((slot + 1) * images / slots)
  }

  /// How many slots a batch is cut into. It depends on the batch alone, so sums are the same at any thread count.
  static func slots(images: Int) -> Int { min(8, (images + 7) / 8) }
}
