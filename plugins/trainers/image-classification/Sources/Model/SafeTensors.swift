internal import Tracking

/// The safetensors format: a length, a JSON header, then the numbers, little-endian and without gaps.
enum SafeTensors {
  /// Returns the bytes of a net's tensors.
  static func bytes(_ layout: ParameterLayout, _ weights: FloatBuffer, metadata: [String: String]) -> [UInt8] {
    var header: [String: Value] = ["__metadata__": .object(metadata.mapValues { .text($0) })]
    var at = 0
    for tensor in layout.tensors {
      let end = at + tensor.count * 4
      header[tensor.name] = .object([
        "dtype": "F32", "shape": .list(tensor.shape.map { .integer(Int64($0)) }),
        "data_offsets": .list([.integer(Int64(at)), .integer(Int64(end))]),
      ])
      at = end
    }
    var text = Array(Value.object(header).json.utf8)
    // Numbers start at a multiple of 8.
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + text.count + at)
    for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: text.count >> (8 * shift))) }
    bytes += text
    layout.packed(weights).withUnsafeBytes { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Reads tensors back into a net's places.
  ///
  /// - Throws: `TrainerError(.damaged)` naming the tensor that is missing or has another shape.
  static func load(_ bytes: [UInt8], name: String, into weights: FloatBuffer, _ layout: ParameterLayout) throws {
    func damaged(_ message: String) -> TrainerError { TrainerError(.damaged, "\(name): \(message)") }
    guard bytes.count >= 8 else { throw damaged("it is shorter than its header") }
    let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    guard length >= 0, length <= bytes.count - 8 else { throw damaged("its header does not fit") }
    guard let header = try? Value(json: String(decoding: bytes[8..<8 + length], as: UTF8.self)) else {
      throw damaged("its header is no JSON")
    }
    let start = 8 + length
    var values: [Float] = []
    for tensor in layout.tensors {
      guard let entry = header[tensor.name], entry["dtype"]?.text == "F32" else {
        throw damaged("there is no tensor '\(tensor.name)' of F32")
      }
      let shape = (entry["shape"]?.list ?? []).compactMap { $0.integer.map { Int($0) } }
      let offsets = (entry["data_offsets"]?.list ?? []).compactMap { $0.integer.map { Int($0) } }
      guard shape == tensor.shape, offsets.count == 2, offsets[0] >= 0, offsets[1] >= offsets[0],
        offsets[1] <= bytes.count - start, offsets[1] - offsets[0] == tensor.count * 4
      else { throw damaged("the tensor '\(tensor.name)' is \(shape), and the model needs \(tensor.shape)") }
      bytes.withUnsafeBytes { raw in
        for index in 0..<tensor.count {
          let pattern = raw.loadUnaligned(fromByteOffset: start + offsets[0] + index * 4, as: UInt32.self)
          values.append(Float(bitPattern: UInt32(littleEndian: pattern)))
        }
      }
    }
    layout.unpack(values, into: weights)
  }
}

/// Numbers as C99 writes them in base 16: exact, and equal texts for equal bits.
enum HexFloat {
  static func text(_ value: Float) -> String {
    if value.isNaN { return "nan" }
    let sign = value.sign == .minus ? "-" : ""
    if value.isInfinite { return sign + "inf" }
    if value == 0 { return sign + "0x0p+0" }
    let magnitude = value.magnitude
    let exponent = Int(magnitude.exponent)
    let fraction = magnitude.significand.significandBitPattern << 1
    var digits = String(fraction, radix: 16)
    digits = String(repeating: "0", count: 6 - digits.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    let point = digits.isEmpty ? "" : "."
    return "\(sign)0x1\(point)\(digits)p\(exponent < 0 ? "-" : "+")\(abs(exponent))"
  }

  static func value(_ text: String) -> Float? { Float(text) }
}
