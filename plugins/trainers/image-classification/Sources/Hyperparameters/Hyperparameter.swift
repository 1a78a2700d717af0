internal import Tracking

/// A hyperparameter: its name, what it takes, what it is when nobody says, and who reads it.
struct Hyperparameter: Sendable {
  /// What values it takes.
  enum Kind: Sendable {
    /// A real number from the first to the second; below the second where `open`.
    case real(Double, Double, open: Bool = false)
    case whole(Int64, Int64)
    case oneOf([Int64])
    case choice([String])
    case flag
    /// One whole number or a list of up to `most`.
    case widths(Int64, Int64, most: Int)
    /// Epochs, rising: `10`, `[10, 20]` or SageMaker's text `10,20`.
    case epochs
    case shape
    case text
    case digest
    /// Not built. These values of it mean what the trainer does anyway; any other is refused for the reason.
    case unbuilt(neutral: [Value], reason: String)
  }

  /// When it is read; otherwise it is ignored, and marked so.
  enum Reader: Sendable, Equatable {
    case always
    case optimizers([String])
    case networks([String])
    case earlyStopping
    case schedule
    /// Where the training file is parted.
    case parting
    /// Where it is parted once.
    case oneSplit
  }

  var name: String
  var kind: Kind
  /// Null for none.
  var standard: Value
  var reader: Reader
  var summary: String
  /// Whether it can change a bit of the model.
  var shapesModel: Bool

  init(
    _ name: String, _ kind: Kind, _ standard: Value = .null, _ summary: String, reader: Reader = .always,
    shapesModel: Bool = true
  ) {
    self.name = name
    self.kind = kind
    self.standard = standard
    self.summary = summary
    self.reader = reader
    self.shapesModel = shapesModel
  }

  /// What it takes, in words that follow `it is`.
  var range: String {
    switch kind {
    case .real(let low, let high, let open):
      "a real number from \(Hyperparameter.short(low)) \(open ? "to below" : "to") \(Hyperparameter.short(high))"
    case .whole(let low, let high):
      high == .max ? "a whole number of at least \(low)" : "a whole number from \(low) to \(high)"
    case .oneOf(let values): "one of " + values.map(String.init).joined(separator: ", ")
    case .choice(let values): "one of " + values.joined(separator: ", ")
    case .flag: "true or false"
    case .widths(let low, let high, let most):
      "a whole number from \(low) to \(high), or a list of up to \(most) of them"
    case .epochs: "one or more rising epochs, such as 10, [10, 20] or '10,20'"
    case .shape: "channels, height and width, such as '1,28,28'"
    case .text: "a text"
    case .digest: "a SHA-256 digest, 64 hexadecimal digits"
    case .unbuilt(let neutral, _):
      neutral.isEmpty ? "not built" : "not built, so only " + neutral.map(\.plain).joined(separator: " or ")
    }
  }

  private static func short(_ value: Double) -> String {
    value == value.rounded() ? String(Int(value)) : value.description
  }

  /// Returns a value in the form in which it is recorded, or why it is refused, in a sentence.
  func checked(_ value: Value) -> Result<Value, Refusal> {
    func refused() -> Result<Value, Refusal> {
      .failure(Refusal(message: "\(name) is \(Hyperparameter.quoted(value)); it is \(range)"))
    }
    switch kind {
    case .real(let low, let high, let open):
      guard let number = value.number, number >= low, open ? number < high : number <= high else { return refused() }
      return .success(.real(number))
    case .whole(let low, let high):
      guard let number = value.integer, (low...high).contains(number) else { return refused() }
      return .success(.integer(number))
    case .oneOf(let values):
      guard let number = value.integer, values.contains(number) else { return refused() }
      return .success(.integer(number))
    case .choice(let values):
      guard let text = value.text, values.contains(text) else { return refused() }
      return .success(value)
    case .flag:
      if let flag = value.boolean { return .success(.boolean(flag)) }
      guard let number = value.integer, number == 0 || number == 1 else { return refused() }
      return .success(.boolean(number == 1))
    case .widths(let low, let high, let most):
      let entries = (value.list ?? [value]).map(\.integer)
      let numbers = entries.compactMap { $0 }
      guard numbers.count == entries.count, (1...most).contains(numbers.count),
        numbers.allSatisfy({ (low...high).contains($0) })
      else { return refused() }
      return .success(.list(numbers.map { .integer($0) }))
    case .epochs:
      let entries =
        value.text.map { text in
          text.split(separator: ",", omittingEmptySubsequences: false).map { Int64($0.filter { $0 != " " }) }
        } ?? (value.list ?? [value]).map(\.integer)
      let numbers = entries.compactMap { $0 }
      guard !numbers.isEmpty, numbers.count == entries.count, numbers[0] >= 1,
        zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 })
      else { return refused() }
      return .success(.list(numbers.map { .integer($0) }))
    case .shape:
      guard let text = value.text, let shape = ImageShape(text) else { return refused() }
      return .success(.text(shape.description))
    case .text:
      guard let text = value.text, !text.isEmpty else { return refused() }
      return .success(value)
    case .digest:
      guard let digest = value.text.flatMap(Digest.init(hex:)) else { return refused() }
      return .success(.text(digest.hex))
    case .unbuilt(let neutral, let reason):
      if neutral.contains(where: { $0.matches(value) }) { return .success(value) }
      return .failure(Refusal(message: "\(name) is \(Hyperparameter.quoted(value)), and \(reason)"))
    }
  }

  static func quoted(_ value: Value) -> String {
    if case .text(let text) = value { return "'\(text)'" }
    return value.json
  }
}

/// Why a value was not taken.
struct Refusal: Error {
  var message: String
}
