import Testing
import Tracking

@Test func `numbers in sentences have six digits`() {
  #expect(RoundedText.of(0.42691999999999997, 0.1 + 0.2, 1, 0) == ["0.42692", "0.3", "1.0", "0.0"])
  #expect(
    RoundedText.of(-1.23456789, 123456.789, 123456789, 1.23456789e-9) == [
      "-1.23457", "123457.0", "123457000.0", "1.23457e-09",
    ])
  #expect(RoundedText.of(0.999_999_96, 99_999.996) == ["1.0", "100000.0"])
  #expect(RoundedText.of(.nan) == ["nan"])
  #expect(RoundedText.of(1.23456789e-300, 1.5e300) == ["1.23456789e-300", "1.5e+300"])
}

@Test func `numbers that six digits would make alike have all of theirs`() {
  #expect(RoundedText.of(0.5, 0.500_000_01) == ["0.5", "0.50000001"])
  #expect(RoundedText.of(0.5, 0.5) == ["0.5", "0.5"])
}
