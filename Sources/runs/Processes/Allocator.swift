internal import CProcess

/// The memory that a process which lasts keeps for itself.
enum Allocator {
  /// Holds it small: with an arena a thread, as glibc has it otherwise, what one thread let go no other takes. Call it before
  /// there are threads, and `giveBack` now and then.
  static func beSparing() {
    mallopt(M_ARENA_MAX, 2)
    // Fixed, since glibc raises it with use up to 32 MiB. What is smaller is kept for the next until it is given back: to ask
    // the system for each block anew costs more than to fill it.
    mallopt(M_MMAP_THRESHOLD, 4 << 20)
    mallopt(M_TRIM_THRESHOLD, 16 << 20)
  }

  /// Gives the system back what nobody uses.
  static func giveBack() { malloc_trim(0) }
}
