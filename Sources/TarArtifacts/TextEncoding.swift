internal import Glibc
internal import Tracking

/// Calls with this thread's texts being UTF-8, whatever the locale of the process: libarchive asks the locale what the
/// bytes of a path mean, and a program that has set none speaks ASCII. Only tarballs of other programs need it.
func withUTF8Locale<Result>(_ body: () throws -> Result) throws -> Result {
  guard let locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil) else {
    throw TrackingError(.system, "this system has no locale C.UTF-8, which names in tarballs need; install it")
  }
  let previous = uselocale(locale)
  defer {
    uselocale(previous)
    freelocale(locale)
  }
  return try body()
}
