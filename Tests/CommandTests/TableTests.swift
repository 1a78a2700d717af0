import Testing

@testable import runs

private let screen = Screen(
  isTerminal: true, columns: 40, rows: 10, paint: Paint(isOn: false), hasUnicode: true)

@Suite struct TableTests {
  private let table = Table(
    columns: [
      Table.Column(title: "ID"), Table.Column(title: "NAME", isFlexible: true),
      Table.Column(title: "VALUE", isRight: true, isOptional: true),
      Table.Column(title: "NOTE", isFlexible: true, isOptional: true),
    ],
    rows: [
      ["a1", "short", "0.5", "fine"], ["b2", "a name that is much too long for this", "12.25", "another long remark"],
    ])

  @Test func `in a pipe nothing is cut`() {
    #expect(
      table.text(on: .pipe) == """
        ID  NAME                                   VALUE  NOTE
        a1  short                                    0.5  fine
        b2  a name that is much too long for this  12.25  another long remark

        """)
  }

  @Test func `on a narrow terminal long texts are cut first`() {
    #expect(
      table.text(on: screen) == """
        ID  NAME           VALUE  NOTE
        a1  short            0.5  fine
        b2  a name that …  12.25  another long …

        """)
  }

  @Test func `on a very narrow terminal optional columns go, and are named`() {
    var narrow = screen
    narrow.columns = 24
    #expect(
      table.text(on: narrow) == """
        ID  NAME           VALUE
        a1  short            0.5
        b2  a name that …  12.25
        not shown for want of w…

        """)
  }

  @Test(arguments: [12, 24, 40, 80, 200])
  func `no line is wider than the terminal`(columns: Int) {
    var sized = screen
    sized.columns = columns
    for line in table.text(on: sized).split(separator: "\n") { #expect(String(line).displayWidth <= columns) }
  }

  @Test func `wide characters count twice`() {
    let table = Table(
      columns: [Table.Column(title: "A"), Table.Column(title: "B")], rows: [["漢字", "x"], ["abc", "y"]])
    #expect(table.text(on: .pipe) == "A     B\n漢字  x\nabc   y\n")
  }

  @Test func `a cell cannot break the line or move the cursor`() {
    #expect(Table.Cell("a\nb\u{1B}[2J").text == "a\\nb\\x1b[2J")
  }

  @Test func `colours are there only when asked for`() {
    var coloured = screen
    coloured.paint = Paint(isOn: true)
    #expect(table.text(on: coloured).contains("\u{1B}[1mID\u{1B}[0m"))
    #expect(!table.text(on: screen).contains("\u{1B}"))
  }

  @Test func `CSV fields are quoted where they must be`() {
    #expect(csvLine(["a", "b,c", "d\"e", "f\ng", ""]) == "a,\"b,c\",\"d\"\"e\",\"f\ng\",\n")
    #expect(
      [Double.nan, .infinity, -.infinity, 0.1, 1e300].map(\.csv) == ["NaN", "Infinity", "-Infinity", "0.1", "1e+300"])
  }
}
