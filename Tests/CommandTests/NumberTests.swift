import Testing
import Tracking

@testable import runs

@Suite struct NumberTests {
  @Test func `numbers for people are short`() {
    #expect(
      [0.98611111, 1.2e-5, 3, -0.0, 1e20, .nan].map { $0.short() } == ["0.986111", "1.2e-05", "3", "0", "1e+20", "nan"])
    #expect(Value.list([1, 0.25, "a"]).short == "[1, 0.25, a]")
  }

  @Test func `durations for people have two units`() {
    let milliseconds: [Int64] = [640, 12_340, 59_960, 245_000, 11_520_000, 187_200_000]
    #expect(
      milliseconds.map(duration(milliseconds:)) == [
        "640 ms", "12.3 s", "1 min 00 s", "4 min 05 s", "3 h 12 min", "2 d 4 h",
      ])
    #expect([31_000, 3_723_000].map { stopwatch(milliseconds: $0) } == ["0:31", "1:02:03"])
  }

  @Test func `times for programs are ISO 8601 in UTC with milliseconds`() {
    #expect(Timestamp(milliseconds: 1_795_242_327_070).iso == "2026-11-21T06:25:27.070Z")
    #expect(Timestamp(milliseconds: -1).iso == "1969-12-31T23:59:59.999Z")
  }

  @Test func `an age is told in its largest unit`() {
    let now = Timestamp(milliseconds: 100 * 86_400_000)
    let ages: [Int64] = [1, 40, 300, 7200, 3 * 86400]
    #expect(
      ages.map { Timestamp(milliseconds: now.milliseconds - $0 * 1000).age(at: now) } == [
        "just now", "40 s ago", "5 min ago", "2 h ago", "3 d ago",
      ])
  }

  @Test func `sizes are in powers of 1000`() {
    #expect([12, 1500, 82_000, 1_200_000_000].map(size) == ["12 B", "1.5 kB", "82 kB", "1.2 GB"])
    #expect([3, 1234, 1_234_567].map(grouped) == ["3", "1,234", "1,234,567"])
  }

  @Test func `values of the command line are typed`() {
    let texts = ["3", "-2", "0.5", "1e-3", "true", "null", "adam", "[1, 2]", "1.2.3", "nan", "", "0x10", "+5"]
    #expect(
      texts.map { Value(argument: $0) } == [
        3, -2, 0.5, 0.001, true, .null, "adam", [1, 2], "1.2.3", "nan", "", .real(16), "+5",
      ])
  }

  @Test func `a shell would read a quoted argument back`() {
    #expect(["a.py", "", "a b", "it's"].map(shellQuoted) == ["a.py", "''", "'a b'", "'it'\\''s'"])
  }
}
