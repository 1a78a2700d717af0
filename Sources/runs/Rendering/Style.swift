internal import Tracking

/// How a piece of text looks on a terminal that has colours.
enum Style: String, Sendable {
  case plain = ""
  case bold = "1"
  case dim = "2"
  case red = "31"
  case green = "32"
  case yellow = "33"
  case cyan = "36"
}

/// Puts styles on text, or leaves it alone where nobody could see them.
struct Paint: Sendable {
  /// False in a pipe, under NO_COLOR and on a dumb terminal.
  let isOn: Bool

  /// Returns the text in a style.
  func callAsFunction(_ text: String, _ style: Style) -> String {
    guard isOn, style != .plain, !text.isEmpty else { return text }
    return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
  }
}

extension RunState {
  /// The style in which a state is shown.
  var style: Style {
    switch self {
    case .scheduled, .queued: .dim
    case .running: .cyan
    case .finished: .green
    case .failed: .red
    case .canceled, .pruned, .paused: .yellow
    }
  }
}
