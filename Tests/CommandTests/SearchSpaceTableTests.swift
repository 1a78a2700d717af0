import Testing
import Tracking

@testable import runs

@Suite struct SearchSpaceTableTests {
  private func screen(_ columns: Int) -> Screen {
    Screen(isTerminal: true, columns: columns, rows: 24, paint: Paint(isOn: false), hasUnicode: true)
  }

  private let space = SearchSpace([
    ParameterSpace(
      "rate", .continuous(min: 1e-4, max: 0.1, scale: .log), standard: 0.01, prior: .init(mean: 0.01, sigma: 0.1)),
    ParameterSpace("method", .categorical(["plain", "heavy_ball", "nesterov", "adam", "adamw", "rmsprop"])),
    ParameterSpace("size", .ordinal(["small", "large"])), ParameterSpace("epochs", .categorical([3])),
    ParameterSpace(
      "batch", .rounded(.quniform(min: 16, max: 128, q: 16), Rounding(keepsOutside: true, form: .int)),
      conditions: [
        .init(parameter: "method", values: ["plain", "adam"]), .init(parameter: "rate", values: [], minimum: 0.01),
      ]),
  ])

  @Test func `a search space is shown with its scales, beliefs and conditions`() {
    #expect(
      space.table.text(on: screen(200)) == """
        PARAMETER  VALUES                                                         SCALE  BELIEF           WHEN
        rate       0.0001 to 0.1                                                  log    0.01, sigma 0.1
        method     plain, heavy_ball, nesterov, adam, adamw, rmsprop
        size       small < large
        epochs     always 3
        batch      16 to 128, multiples of 16, whole, ends rounded as Azure does                          method = plain or adam, rate >= 0.01

        """)
  }

  @Test func `on 80 columns it is cut, not broken`() {
    let lines = space.table.text(on: screen(80)).split(separator: "\n")
    #expect(lines.count == 6)
    #expect(lines.allSatisfy { String($0).displayWidth <= 80 })
    #expect(lines[2].hasPrefix("method     plain, heavy_ball"))
  }

  @Test func `what no parameter has makes no column`() {
    let plain = SearchSpace([ParameterSpace("x", .integer(min: 1, max: 9, scale: .linear))])
    #expect(plain.table.text(on: .pipe) == "PARAMETER  VALUES\nx          1 to 9, whole\n")
  }
}
