/// Gives the tensors of a residual net their places: learned ones as the layers come, running statistics at the end.
struct ResidualBuilder {
  private let slots: Int
  private var layout = ParameterLayout()
  private var statistics: [(name: String, map: Map)] = []

  init(slots: Int) { self.slots = slots }

  /// Running statistics have their places only at the end, so a normalisation learns them in `finish`.
  mutating func normalization(_ name: String, _ map: Map, scaled: Bool) -> Normalization {
    let gamma =
      scaled ? layout.append(.vector(name + "_gamma", map.channels, start: .one, decays: true)) : nil
    let beta = layout.append(.vector(name + "_beta", map.channels))
    statistics.append((name, map))
    return Normalization(map, gamma: gamma, beta: beta, slots: slots)
  }

  mutating func convolution(
    _ name: String, _ input: Map, to output: Map, side: Int, stride: Int, gradient: Bool
  ) -> Convolution {
    let weights = layout.append(.weight(name, [side, side, input.channels, output.channels]))
    return Convolution(
      input: input.with(border: 1), output: output, side: side, stride: stride, weights: weights, bias: nil,
      gradient: gradient ? input : nil)
  }

  mutating func unit(_ name: String, _ input: Map, to output: Map, stride: Int, projects: Bool) -> ResidualNet.Unit {
    let first = normalization(name + "_bn1", input, scaled: true)
    let convolution = convolution(name + "_conv1", input, to: output, side: 3, stride: stride, gradient: true)
    let second = normalization(name + "_bn2", output, scaled: true)
    let closing = self.convolution(name + "_conv2", output, to: output, side: 3, stride: 1, gradient: true)
    let shortcut =
      projects ? self.convolution(name + "_sc", input, to: output, side: 1, stride: stride, gradient: true) : nil
    return ResidualNet.Unit(
      first: first, convolution: convolution, second: second, closing: closing, shortcut: shortcut, input: input,
      middle: output, output: output)
  }

  mutating func head(_ channels: Int, classes: Int, rows: Int) -> Dense {
    Dense(
      pixels: 1, channels: channels, outputs: classes, rows: rows, inputRow: padded(channels),
      weights: layout.append(.weight("fc", [channels, classes])),
      bias: layout.append(.vector("fc_bias", classes)))
  }

  /// Appends the running statistics, in the order in which the normalisations were made.
  mutating func finish(_ normalizations: [Normalization]) -> ParameterLayout {
    for (entry, normalization) in zip(statistics, normalizations) {
      normalization.runningMean = layout.append(
        .vector(entry.name + "_moving_mean", entry.map.channels, learned: false))
      normalization.runningVariance = layout.append(
        .vector(entry.name + "_moving_var", entry.map.channels, start: .one, learned: false))
    }
    return layout
  }
}
