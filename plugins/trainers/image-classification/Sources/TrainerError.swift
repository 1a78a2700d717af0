/// Why images cannot be read, or a training cannot begin or go on, as a sentence for the person who asked.
struct TrainerError: Error, CustomStringConvertible, Equatable {
  /// What a program switches on.
  enum Code: String {
    /// A file is missing or cannot be read.
    case unreadable
    /// A file is not what it was said to be.
    case malformed
    /// What was asked makes no sense with this data.
    case unsuitable
    /// Hyperparameters were refused.
    case refused
    /// A checkpoint or a model is damaged or belongs to something else.
    case damaged
  }

  var code: Code
  var message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  var description: String { message }
}
