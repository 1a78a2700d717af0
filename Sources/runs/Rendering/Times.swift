internal import Glibc
internal import Tracking

extension Timestamp {
  /// Reads the system's clock.
  static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// The moment in UTC as programs read it: `2026-11-20T14:03:22.123Z`.
  var iso: String {
    let seconds = milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    let date =
      "\(digits(Int(parts.tm_year) + 1900, 4))-\(digits(Int(parts.tm_mon) + 1, 2))-\(digits(Int(parts.tm_mday), 2))"
    return "\(date)T\(Timestamp.clock(parts)).\(digits(Int(milliseconds - seconds * 1000), 3))Z"
  }

  /// The moment in the user's time zone as people read it: `2026-11-20 15:03:22`.
  var local: String {
    var time = time_t(milliseconds / 1000)
    var parts = tm()
    localtime_r(&time, &parts)
    let date =
      "\(digits(Int(parts.tm_year) + 1900, 4))-\(digits(Int(parts.tm_mon) + 1, 2))-\(digits(Int(parts.tm_mday), 2))"
    return "\(date) \(Timestamp.clock(parts))"
  }

  /// How long ago the moment was: `just now`, `5 min ago`, `3 h ago`, `2 d ago`, and the date beyond thirty days.
  func age(at now: Timestamp) -> String {
    let seconds = max(0, milliseconds(to: now)) / 1000
    switch seconds {
    case ..<5: return "just now"
    case ..<60: return "\(seconds) s ago"
    case ..<3600: return "\(seconds / 60) min ago"
    case ..<86400: return "\(seconds / 3600) h ago"
    case ..<(30 * 86400): return "\(seconds / 86400) d ago"
    default: return String(local.prefix(10))
    }
  }

  private static func clock(_ parts: tm) -> String {
    "\(digits(Int(parts.tm_hour), 2)):\(digits(Int(parts.tm_min), 2)):\(digits(Int(parts.tm_sec), 2))"
  }
}

private func digits(_ number: Int, _ count: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(0, count - text.count)) + text
}

/// Returns a duration for people: `640 ms`, `12.3 s`, `4 min 05 s`, `3 h 12 min`, `2 d 4 h`.
func duration(milliseconds: Int64) -> String {
  let seconds = (milliseconds + 500) / 1000
  switch milliseconds {
  case ..<0: return "0 ms"
  case ..<1000: return "\(milliseconds) ms"
  case ..<59_950: return (Double(milliseconds) / 1000).fixed(1) + " s"
  case ..<3_600_000: return "\(seconds / 60) min \(digits(Int(seconds % 60), 2)) s"
  case ..<86_400_000: return "\(seconds / 3600) h \(digits(Int(seconds / 60 % 60), 2)) min"
  default: return "\(seconds / 86400) d \(seconds / 3600 % 24) h"
  }
}

/// Returns a duration as a stop-watch shows it: `0:31`, `1:02:03`.
func stopwatch(milliseconds: Int64) -> String {
  let seconds = max(0, milliseconds) / 1000
  let tail = "\(digits(Int(seconds % 60), 2))"
  if seconds < 3600 { return "\(seconds / 60):\(tail)" }
  return "\(seconds / 3600):\(digits(Int(seconds / 60 % 60), 2)):\(tail)"
}

extension Run {
  /// How long the run has been, or was, under way; nil when it never ran.
  func milliseconds(at now: Timestamp) -> Int64? {
    guard let started else { return nil }
    return max(0, started.milliseconds(to: ended ?? now))
  }
}
