import Testing
import Tracking
import TrackingContracts

@testable import TarArtifacts

/// Tarballs whose digest is right and whose content is not to be trusted.
struct HostileTarballTests {
  let place = Workplace()

  private func refuses(
    _ words: String, sourceLocation: SourceLocation = #_sourceLocation, _ make: (inout HandmadeTar) -> Void
  ) throws {
    var tar = HandmadeTar()
    tar.add("before", "x")
    make(&tar)
    let digest = place.plant(try tar.compressed())
    place.refusesRestore(of: digest, .invalid, saying: words, sourceLocation: sourceLocation)
  }

  @Test func `absolute paths and paths with dots are refused`() throws {
    try refuses("absolute path") { $0.add("/etc/cron.d/x", "x") }
    try refuses("'..'") { $0.add("../x", "x") }
    try refuses("'..'") { $0.add("a/../../x", "x") }
    try refuses("'..'") { $0.add("a/..", "x") }
  }

  @Test func `links that leave the target are refused`() throws {
    for target in ["/etc", "..", "../x", "a/../../x", "a/..", "./../x", "a/./.."] {
      try refuses("the link 'l' points to") { $0.add("l", type: "2", target: target) }
    }
    try refuses("the link 'a/b/l' points to") { $0.add("a/b/l", type: "2", target: "../../../x") }
    try refuses("hard link") { $0.add("l", type: "1", target: "before") }
    try refuses("hard link") { $0.add("l", type: "1", target: "/etc/passwd") }
    try refuses("hard link") { $0.add("l", type: "1", target: "../../x") }
  }

  @Test func `nothing is written through a link`() throws {
    try refuses("through the link 'l'") {
      $0.add("l", type: "2", target: "before")
      $0.add("l/file", "x")
    }
    try refuses("twice") {
      $0.add("l", type: "2", target: "elsewhere")
      $0.add("l", "x")
    }
    try refuses("below a file") { $0.add("before/x", "x") }
  }

  @Test func `devices and pipes are refused`() throws {
    for type in ["3", "4", "6"] as [Character] {
      try refuses("is a device, a pipe or a socket") { $0.add("d", type: type) }
    }
  }

  @Test func `a member that comes twice is refused`() throws {
    try refuses("'before' twice") { $0.add("before", "y") }
    try refuses("'before' twice") { $0.add("./before", "y") }
    try refuses("'before' twice") { $0.add("before/", type: "5") }
    try refuses("'d' twice") {
      $0.add("d/", type: "5")
      $0.add("d//", type: "5")
    }
  }

  @Test func `names that are not UTF-8 are refused`() throws {
    try refuses("not UTF-8") { $0.add([0x61, 0xE9, 0x62], [0x78]) }
  }

  @Test func `content behind the end is refused`() throws {
    var tar = HandmadeTar()
    tar.add("a", "x")
    let digest = place.plant(try tar.compressed(trailing: Array("hidden".utf8)))
    place.refusesRestore(of: digest, .invalid, saying: "behind its end")
  }

  @Test func `a bomb is refused before it costs its bytes`() throws {
    // 600 MB of zeros in about 20 kB, and a header that says so.
    var tar = HandmadeTar()
    tar.add([0x62], size: 600 << 20)
    let compressor = Zstd.Compressor()
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    let zeroFrame = try zeros.withUnsafeBytes { try compressor.frame(of: $0) }
    var bytes = try tar.bytes.withUnsafeBytes { try compressor.frame(of: $0) }
    for _ in 0..<601 { bytes += zeroFrame }
    #expect(bytes.count < 100_000)
    let digest = place.plant(bytes)
    let limits = RestoreLimits(bytes: 1 << 20, members: 10)
    place.refusesRestore(of: digest, .invalid, saying: "more than 1048576 bytes", limits: limits)
  }

  @Test func `a bomb behind the tar's end is refused too`() throws {
    var tar = HandmadeTar()
    tar.add("a", "x")
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    let zeroFrame = try zeros.withUnsafeBytes { try Zstd.Compressor().frame(of: $0) }
    var bytes = try tar.compressed()
    for _ in 0..<64 { bytes += zeroFrame }
    let limits = RestoreLimits(bytes: 1 << 20, members: 10)
    place.refusesRestore(of: place.plant(bytes), .invalid, saying: "unpacks to more than", limits: limits)
  }

  @Test func `more members than allowed are refused`() throws {
    var tar = HandmadeTar()
    for number in 0..<11 { tar.add("\(number)", "") }
    let limits = RestoreLimits(members: 10)
    place.refusesRestore(
      of: place.plant(try tar.compressed()), .invalid, saying: "more than 10 members", limits: limits)
  }

  @Test func `a file that says it is longer than it is is refused`() throws {
    var tar = HandmadeTar()
    tar.add([0x61], [1, 2, 3], size: 100_000)
    place.refusesRestore(of: place.plant(try tar.compressed()), .corrupt, saying: "no sound tar")
  }

  @Test func `an index that lies is found by verify`() throws {
    place.folder.write("t/a", "12345")
    let digest = try place.store.store(contentsOf: place.folder("t")).digest
    let honest = try #require(ScratchFolder.read(place.store.path(of: digest)))
    let tarball = try #require(try IndexedTarball(Descriptor(opening: place.store.path(of: digest), 0), digest: digest))
    var entries = tarball.index.entries
    entries[0].member.path = "b"
    let lying = try Self.replacingIndex(of: honest, tarball.index, entries: entries)
    let planted = place.plant(lying)
    try place.store.restore(planted, to: place.folder("r"), limits: RestoreLimits())
    #expect(ScratchFolder.names(place.folder("r")) == ["a"])
    #expect(throws: TrackingError.self) { try place.store.verify(planted) }
  }

  private static func replacingIndex(
    of file: [UInt8], _ index: TarballIndex, entries: [TarballIndex.Entry]
  ) throws -> [UInt8] {
    var changed = index
    changed.entries = entries
    let bytes = changed.bytes
    let packed = try bytes.withUnsafeBytes { try Zstd.Compressor().frame(of: $0) }
    var out = Array(file.prefix(index.frames.reduce(0, +)))
    func append<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { out.append(contentsOf: $0) }
    }
    append(TarballIndex.skippableMagic)
    append(UInt32(packed.count + TarballIndex.footerBytes))
    out += packed
    append(UInt32(packed.count))
    append(UInt32(bytes.count))
    append(TarballIndex.mark)
    return out
  }
}
