internal import Tracking

/// What a training needs to go on, as one file: whole and checked, or not taken.
///
/// Layout: `runs-ic1`, the identity of the training, its state in fixed order (little-endian), the SHA-256 of all that.
enum Checkpoint {
  static let fileName = "checkpoint.bin"
  private static let magic = "runs-ic1"

  static func write(_ training: Training, to path: String) throws {
    var out = ByteWriter()
    out.put(magic)
    out.put(training.identity)
    training.progress.write(to: &out)
    for learner in training.learners { learner.write(to: &out) }
    let digest = Digest(hashing: out.bytes)
    out.put(digest.hex)
    try out.bytes.withUnsafeBytes { try Files.replace(path, with: $0) }
  }

  /// What became of a checkpoint.
  enum Outcome: Equatable {
    /// There is none.
    case none
    case taken
    /// It is damaged or belongs to another training; nothing of it was used.
    case refused(String)
  }

  /// Takes up a training where a checkpoint left it.
  static func read(_ training: Training, from path: String) throws -> Outcome {
    guard Files.exists(path) else { return .none }
    let bytes = try FileBytes.raw(path)
    let trailer = 8 + 64
    guard bytes.count > trailer else { return .refused("it is too short") }
    var tail = ByteSource(Array(bytes[(bytes.count - trailer)...]))
    guard let expected = try? tail.text(), Digest(hashing: bytes[..<(bytes.count - trailer)]).hex == expected else {
      return .refused("its digest does not fit its content")
    }
    var source = ByteSource(bytes)
    guard try source.text() == magic else { return .refused("it was written by another version") }
    let identity = try source.text()
    guard identity == training.identity || training.inherits && isKin(identity, to: training.identity) else {
      return .refused("it belongs to a training with other data or parameters")
    }
    training.progress = try Progress(from: &source)
    for learner in training.learners { try learner.read(from: &source) }
    return .taken
  }
}

extension Checkpoint {
  /// What may change within a training: its rates, and how long it is.
  static let rates: Set<String> = [
    "learning_rate", "lr_scheduler_step", "lr_scheduler_factor", "momentum", "weight_decay", "beta_1", "beta_2", "eps",
    "gamma", "epochs",
  ]

  /// Tells whether two trainings differ in their rates alone, so that one can take up what the other left.
  fileprivate static func isKin(_ one: String, to other: String) -> Bool {
    func parts(_ identity: String) -> (head: [Substring], record: [String: Value])? {
      let parts = identity.split(separator: " ", maxSplits: 4)
      guard parts.count == 5, let record = try? Value(json: String(parts[4])).object else { return nil }
      return (Array(parts[..<4]), record.filter { !rates.contains($0.key) })
    }
    guard let one = parts(one), let other = parts(other) else { return false }
    return one.head == other.head && one.record == other.record
  }
}

/// Collects bytes.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ value: Int) {
    withUnsafeBytes(of: Int64(value).littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func put(_ value: Double) { put(Int(Int64(bitPattern: value.bitPattern))) }

  mutating func put(_ text: String) {
    put(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  mutating func put(_ buffer: FloatBuffer) {
    put(buffer.count)
    bytes.append(contentsOf: buffer.bytes)
  }
}

/// Takes bytes apart.
struct ByteSource {
  private let bytes: [UInt8]
  private var at = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private mutating func take(_ count: Int) throws -> Range<Int> {
    guard count >= 0, count <= bytes.count - at else {
      throw TrainerError(.damaged, "a checkpoint ends before its content does")
    }
    defer { at += count }
    return at..<at + count
  }

  mutating func integer() throws -> Int {
    let range = try take(8)
    return Int(range.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[$1]) }.signed)
  }

  mutating func real() throws -> Double { Double(bitPattern: UInt64(bitPattern: Int64(try integer()))) }

  mutating func text() throws -> String {
    let count = try integer()
    return String(decoding: bytes[try take(count)], as: UTF8.self)
  }

  mutating func fill(_ buffer: FloatBuffer) throws {
    guard try integer() == buffer.count else {
      throw TrainerError(.damaged, "a checkpoint belongs to a net of another size")
    }
    let range = try take(buffer.count * 4)
    bytes.withUnsafeBytes { raw in
      guard let base = raw.baseAddress, buffer.count > 0 else { return }
      UnsafeMutableRawPointer(buffer.start).copyMemory(from: base + range.lowerBound, byteCount: range.count)
    }
  }
}

extension UInt64 {
  fileprivate var signed: Int64 { Int64(bitPattern: self) }
}

extension EpochSums {
  func write(to out: inout ByteWriter) {
    out.put(loss)
    out.put(hits)
    out.put(topHits)
    out.put(images)
  }

  init(from source: inout ByteSource) throws {
    self.init(
      loss: try source.real(), hits: try source.integer(), topHits: try source.integer(),
      images: try source.integer())
  }
}

extension Learner {
  func write(to out: inout ByteWriter) {
    out.put(updates)
    out.put(betaPowers.0)
    out.put(betaPowers.1)
    sums.write(to: &out)
    for buffer in [weights, first, second, best] { out.put(buffer) }
  }

  func read(from source: inout ByteSource) throws {
    updates = try source.integer()
    betaPowers = (try source.real(), try source.real())
    sums = try EpochSums(from: &source)
    for buffer in [weights, first, second, best] { try source.fill(buffer) }
  }
}
