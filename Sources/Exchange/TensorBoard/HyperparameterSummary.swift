internal import Tracking

/// What TensorBoard's hparams plugin keeps in a run's event file.
struct HyperparameterSummary {
  /// The plugin's name.
  static let plugin = "hparams"

  /// The run's parameters, by name.
  var parameters: [Parameter] = []
  /// False when the session says that it failed.
  var hasFailed = false

  /// Takes what a summary of the plugin says: tensorboard/plugins/hparams/plugin_data.proto and api.proto.
  mutating func add(_ content: ArraySlice<UInt8>) throws {
    try ProtobufReader.forEachField(of: content) { number, content in
      switch number {
      case 3:
        try ProtobufReader.forEachField(of: content.bytes ?? []) { number, content in
          if number == 1, let entry = content.bytes { try addParameter(entry) }
        }
      case 4:
        try ProtobufReader.forEachField(of: content.bytes ?? []) { number, content in
          // STATUS_FAILURE
          if number == 1, content.integer == 2 { hasFailed = true }
        }
      default: break
      }
    }
    parameters.sort { $0.name < $1.name }
  }

  // An entry of a map from names to google.protobuf.Value.
  private mutating func addParameter(_ entry: ArraySlice<UInt8>) throws {
    var name = ""
    var value: Value?
    try ProtobufReader.forEachField(of: entry) { number, content in
      if number == 1 { name = content.text ?? "" }
      guard number == 2 else { return }
      try ProtobufReader.forEachField(of: content.bytes ?? []) { number, content in
        switch number {
        case 2:
          // Protocol buffers know only doubles: 32 was a whole number to whoever wrote it.
          value = content.double.map { double in
            double.isFinite ? Int64(exactly: double).map { .integer($0) } ?? .real(double) : .text("\(double)")
          }
        case 3: value = content.text.map { .text($0) }
        case 4: value = content.integer.map { .boolean($0 != 0) }
        default: break
        }
      }
    }
    guard !name.isEmpty, let value, !parameters.contains(where: { $0.name == name }) else { return }
    parameters.append(Parameter(name, value))
  }
}
