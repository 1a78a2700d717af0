import Testing

@testable import runs

@Suite struct PathMovesTests {
  @Test(arguments: [
    ("/data/x", "/mnt/data/x"), ("--in=/data/x,/data", "--in=/mnt/data/x,/mnt/data"), ("/data_b/x", "/data_b/x"),
    ("/other/data/x", "/other/data/x"), ("cat '/data/a b'", "cat '/mnt/data/a b'"), ("x/data", "x/data"),
    ("PATH=/data:/data/bin", "PATH=/mnt/data:/mnt/data/bin"), ("/data/", "/mnt/data/"),
  ])
  func `only whole paths are led elsewhere, once`(_ text: String, _ moved: String) {
    #expect(PathMoves([.init(from: "/data", to: "/mnt/data")]).applied(to: text) == moved)
  }

  @Test func `two places may change with each other, and the longer path counts`() {
    let moves = PathMoves([.init(from: "/a", to: "/b"), .init(from: "/b", to: "/a"), .init(from: "/a/deep", to: "/c")])
    #expect(moves.applied(to: "/a /b /a/deep/x") == "/b /a /c/x")
  }

  @Test func `of a folder of code only what is known is led to the copy`() {
    let moves = PathMoves([.init(from: "/proj", to: "/copy", known: ["train.py", "src", "src/a.py"])])
    #expect(
      moves.applied(to: "/proj/.venv/bin/python /proj/train.py /proj/src /proj")
        == "/proj/.venv/bin/python /copy/train.py /copy/src /copy")
  }
}
