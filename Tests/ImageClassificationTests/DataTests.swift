import Testing
import Tracking
import TrackingContracts

@testable import ImageClassificationTrainer

struct DataTests {
  private let folder = ScratchFolder()

  private func read(_ request: DataRequest) throws -> TrainingData { try TrainingData(reading: request) }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing was refused"
    } catch { return String(describing: error) }
  }

  @Test func `the shipped digits are 1,797 images of ten classes`() throws {
    let data = try read(DataRequest(train: digits))
    #expect(data.splits[0].train.count == 1348)
    #expect(data.splits[0].validation.count == 449)
    #expect((data.height, data.width, data.channels, data.classes, data.divisor) == (8, 8, 1, 10, 16))
    #expect(data.files[0].digest.hex == "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22")
    guard case .bytes(let pixels) = data.splits[0].train.images.pixels else { throw TrainerError(.malformed, "floats") }
    #expect(Array(pixels[0..<8]) == [0, 0, 5, 13, 9, 1, 0, 0])
    #expect(data.splits[0].train.images.labels[0...2] == [0, 1, 2])
  }

  @Test func `a split parts the images, the same for the same split_seed`() throws {
    let path = folder.write("a.csv", stripes(40))
    let one = try read(DataRequest(train: path, validationFraction: 0.25))
    let split = one.splits[0]
    #expect(split.validation.count == 10)
    #expect((split.train.places + split.validation.places).sorted() == (0..<40).map { $0 })
    #expect(try read(DataRequest(train: path, validationFraction: 0.25)).splits[0].train.places == split.train.places)
    #expect(
      try read(DataRequest(train: path, validationFraction: 0.25, splitSeed: 1)).splits[0].train.places
        != split.train.places)
  }

  @Test func `each image validates in one fold`() throws {
    let path = folder.write("a.csv", stripes(41))
    let data = try read(DataRequest(train: path, folds: 4))
    #expect(data.splits.map(\.validation.count) == [10, 10, 10, 11])
    #expect(data.splits.flatMap(\.validation.places).sorted() == (0..<41).map { $0 })
    for split in data.splits { #expect(Set(split.train.places).isDisjoint(with: split.validation.places)) }
  }

  @Test func `csv, idx, npy and cifar tell the same of the same images`() throws {
    let pixels: [UInt8] = (0..<24).map { UInt8($0 * 10) }
    let rows = [pixels[0..<12], pixels[12..<24]].enumerated().map { index, row in
      row.map(String.init).joined(separator: ",") + ",\(index)"
    }
    let csv = folder.write("a.csv", "r,g,b\r\n" + rows.joined(separator: "\r\n"))
    // Channel by channel in csv; pixel by pixel inside.
    let colour = try read(
      DataRequest(
        train: csv, validation: csv, shape: ImageShape(channels: 3, height: 2, width: 2)))
    guard case .bytes(let interleaved) = colour.splits[0].train.images.pixels else { return }
    #expect(Array(interleaved[0..<6]) == [0, 40, 80, 10, 50, 90])

    let idx = folder.write("t-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4] + pixels)
    folder.write("t-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 2, 0, 1])
    let grey = try read(DataRequest(train: idx, validation: idx))
    #expect((grey.height, grey.width, grey.channels, grey.divisor) == (3, 4, 1, 255))
    guard case .bytes(let same) = grey.splits[0].train.images.pixels else { return }
    #expect(same == pixels)

    func npy(_ kind: String, _ shape: String, _ bytes: [UInt8]) -> [UInt8] {
      var header = "{'descr': '\(kind)', 'fortran_order': False, 'shape': \(shape), }"
      while (header.utf8.count + 11) % 64 != 0 { header += " " }
      header += "\n"
      return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + bytes
    }
    let images = folder.write("i.npy", npy("|u1", "(2, 3, 4)", pixels))
    let labels = folder.write("l.npy", npy("<i8", "(2,)", [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]))
    let array = try read(
      DataRequest(train: images, trainLabels: labels, validation: images, validationLabels: labels))
    guard case .bytes(let loaded) = array.splits[0].train.images.pixels else { return }
    #expect(loaded == pixels)
    #expect(array.splits[0].train.images.labels == [0, 1])
    let floats = folder.write("f.npy", npy("<f4", "(2, 1, 1)", [0, 0, 0, 63, 0, 0, 128, 191]))
    let reals = try read(DataRequest(train: floats, trainLabels: labels, validation: floats, validationLabels: labels))
    guard case .floats(let values) = reals.splits[0].train.images.pixels else { return }
    #expect(values == [0.5, -1])
    #expect(reals.divisor == 1)

    let record = (0..<2).flatMap { label in [UInt8(label)] + (0..<3072).map { UInt8(truncatingIfNeeded: $0 / 1024) } }
    let cifar = folder.write("data_batch_1.bin", record)
    let colours = try read(DataRequest(train: cifar, validation: cifar))
    #expect((colours.height, colours.width, colours.channels) == (32, 32, 3))
    guard case .bytes(let mixed) = colours.splits[0].train.images.pixels else { return }
    #expect(Array(mixed[0..<6]) == [0, 1, 2, 0, 1, 2])
  }

  @Test func `what cannot be read is refused with the place and the reason`() throws {
    #expect(message { _ = try read(DataRequest(train: folder("none.csv"))) }.contains("No such file"))
    let short = folder.write("short.csv", "1,2,3,4,0\n1,2,3,0\n")
    #expect(message { _ = try read(DataRequest(train: short)) }.contains("line 2 has 4 columns"))
    let word = folder.write("word.csv", "1,2,3,4,0\n1,x,3,4,0\n")
    #expect(message { _ = try read(DataRequest(train: word)) }.contains("line 2, column 2"))
    let bright = folder.write("bright.csv", "1,2,3,400,0\n1,2,3,4,1\n")
    #expect(message { _ = try read(DataRequest(train: bright)) }.contains("column 4 is 400"))
    let oblong = folder.write("oblong.csv", "1,2,3,0\n1,2,3,1\n")
    #expect(message { _ = try read(DataRequest(train: oblong)) }.contains("image_shape"))
    let nameless = folder.write("images.dat", "1,2,3,4,0\n")
    #expect(message { _ = try read(DataRequest(train: nameless)) }.contains("data_format"))
    let gzip = folder.write("images.csv.gz", "this is no gzip")
    #expect(message { _ = try read(DataRequest(train: gzip)) } != "nothing was refused")
    let cut = folder.write("c-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 9])
    folder.write("c-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 2, 0, 1])
    #expect(message { _ = try read(DataRequest(train: cut)) }.contains("1 bytes follow"))
    let vast = folder.write("v-images-idx3-ubyte", [0, 0, 8, 3] + Array(repeating: 255, count: 12) + [9])
    folder.write("v-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 0])
    #expect(message { _ = try read(DataRequest(train: vast)) }.contains("1 bytes follow"))
    let two = folder.write("two.csv", "1,2,3,4,0\n1,2,3,4,1\n")
    #expect(message { _ = try read(DataRequest(train: two, validationFraction: 0.001)) }.contains("0 to validate"))
    let shape = ImageShape(channels: 1, height: 3, width: 3)
    #expect(message { _ = try read(DataRequest(train: two, shape: shape)) }.contains("image_shape is '1,3,3'"))
    #expect(message { _ = try read(DataRequest(train: two, validation: digits)) }.contains("1,8,8"))
  }
}
