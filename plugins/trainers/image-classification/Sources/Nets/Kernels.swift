internal import CImageKernels

/// The arithmetic of one instruction set.
///
/// Unchecked: the table is a constant of the program, and its functions hold no state.
struct Kernels: @unchecked Sendable {
  private let table: UnsafePointer<ImageKernels>

  /// The best that this processor offers; all levels give the same bits.
  static let best = Kernels(level: image_best_level())

  /// - Parameter level: 0 for the baseline, 1 for AVX2, 2 for AVX-512; one that the processor lacks falls back.
  init(level: Int32) { table = image_kernels(level) }

  /// The functions.
  var call: ImageKernels { table.pointee }

  /// The instruction set's name.
  var name: String { String(cString: table.pointee.name) }
}
