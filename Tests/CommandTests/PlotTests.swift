import Testing

@testable import runs

private let ascii = Screen(isTerminal: false, columns: nil, rows: nil, paint: Paint(isOn: false), hasUnicode: false)

@Suite struct PlotTests {
  @Test func `a rising line rises`() {
    let plot = Plot(title: "loss", x: [0, 1, 2, 3], y: [0, 1, 2, 3])
    #expect(
      plot.lines(width: 20, height: 4, on: ascii) == [
        "loss  4 points", "3 |              ***", "  |        ******", "  |   *****", "0 |***",
        "   0     step      3",
      ])
  }

  @Test func `braille has eight dots a character`() {
    let plot = Plot(title: "loss", x: [0, 1, 2, 3], y: [0, 1, 2, 3])
    #expect(
      plot.lines(width: 14, height: 3, on: .pipe) == [
        "loss  4 points", "3 ┤       ⢀⡠⠔⠊", "  ┤   ⢀⡠⠔⠊⠁", "0 ┤⡠⠔⠊⠁", "   0  step   3",
      ])
  }

  @Test func `what is not finite is left out and told`() {
    let lines = Plot(title: "loss", x: [0, 1, 2], y: [1, .nan, .infinity]).lines(width: 30, height: 3, on: ascii)
    #expect(lines[0] == "loss  3 points, 2 not finite left out")
    #expect(Plot(title: "loss", x: [0], y: [.nan]).lines(width: 30, height: 3, on: ascii).last == "(no finite value)")
  }

  @Test func `a constant runs through the middle`() {
    let lines = Plot(title: "c", x: [0, 1], y: [2, 2]).lines(width: 14, height: 3, on: ascii)
    #expect(lines.count == 5)
    #expect(lines[2] == "2 |***********")
  }

  @Test(arguments: [30, 80, 200], [0.0, 0.37, 1.0])
  func `a progress bar fits its screen`(columns: Int, part: Double) {
    for hasUnicode in [true, false] {
      let screen = Screen(
        isTerminal: true, columns: columns, rows: 24, paint: Paint(isOn: false), hasUnicode: hasUnicode)
      let bar = ProgressBar(done: Int(part * 1000), total: 1000, elapsed: 61_000, left: 3_599_000)
      #expect(bar.line(on: screen).displayWidth <= columns)
    }
  }

  @Test func `a progress bar tells the part, the count, the time and what is left`() {
    let bar = ProgressBar(
      done: 6, total: 24, elapsed: 30_000, left: ProgressBar.left(done: 6, total: 24, elapsed: 30_000))
    var screen = Screen.pipe
    screen.hasUnicode = false
    #expect(bar.line(on: screen) == "[##########..............................] 25%  6/24  0:30, 1:30 left")
  }
}
