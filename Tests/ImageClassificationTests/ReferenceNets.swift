import Foundation
import Testing

@testable import ImageClassificationTrainer

/// The nets once more, naively and in float64: what the kernels' gradients are held against.
struct ReferenceNet {
  var choice: NetworkChoice
  var layout: ParameterLayout
  var classes: Int
  var height: Int
  var width: Int
  var channels: Int

  /// A map of one image, `[y][x][channel]`.
  struct Volume {
    var height: Int
    var width: Int
    var channels: Int
    var values: [Double]

    func at(_ y: Int, _ x: Int, _ channel: Int) -> Double {
      y < 0 || x < 0 || y >= height || x >= width ? 0 : values[(y * width + x) * channels + channel]
    }
  }

  private func tensors(_ packed: [Double]) -> [String: [Double]] {
    var found: [String: [Double]] = [:]
    var at = 0
    for tensor in layout.tensors {
      found[tensor.name] = Array(packed[at..<at + tensor.count])
      at += tensor.count
    }
    return found
  }

  private func convolve(_ input: Volume, _ weights: [Double], _ bias: [Double]?, side: Int, stride: Int) -> Volume {
    let outputs = weights.count / (side * side * input.channels)
    let shift = side / 2
    let (height, width) = ((input.height - 1) / stride + 1, (input.width - 1) / stride + 1)
    var out = Volume(
      height: height, width: width, channels: outputs, values: Array(repeating: 0, count: height * width * outputs))
    for y in 0..<height {
      for x in 0..<width {
        for o in 0..<outputs {
          var sum = bias?[o] ?? 0
          for ky in 0..<side {
            for kx in 0..<side {
              for c in 0..<input.channels {
                let weight = weights[((ky * side + kx) * input.channels + c) * outputs + o]
                sum += weight * input.at(y * stride + ky - shift, x * stride + kx - shift, c)
              }
            }
          }
          out.values[(y * width + x) * outputs + o] = sum
        }
      }
    }
    return out
  }

  private func dense(_ input: [Double], _ weights: [Double], _ bias: [Double]) -> [Double] {
    var out = bias
    for (i, value) in input.enumerated() {
      for o in out.indices { out[o] += value * weights[i * bias.count + o] }
    }
    return out
  }

  private func pool(_ input: Volume) -> Volume {
    var out = Volume(height: input.height / 2, width: input.width / 2, channels: input.channels, values: [])
    for y in 0..<out.height {
      for x in 0..<out.width {
        for c in 0..<input.channels {
          out.values.append(
            max(
              input.at(2 * y, 2 * x, c), input.at(2 * y, 2 * x + 1, c), input.at(2 * y + 1, 2 * x, c),
              input.at(2 * y + 1, 2 * x + 1, c)))
        }
      }
    }
    return out
  }

  private func normalize(_ batch: [Volume], gamma: [Double]?, beta: [Double], rectify: Bool) -> [Volume] {
    var out = batch
    for c in 0..<batch[0].channels {
      let values = batch.flatMap { image in
        stride(from: c, to: image.values.count, by: image.channels).map { image.values[$0] }
      }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      let scale = (gamma?[c] ?? 1) / (variance + 2e-5).squareRoot()
      for image in out.indices {
        for place in stride(from: c, to: out[image].values.count, by: out[image].channels) {
          let value = (out[image].values[place] - mean) * scale + beta[c]
          out[image].values[place] = rectify ? max(value, 0) : value
        }
      }
    }
    return out
  }

  /// The loss summed over a batch, with the batch's own statistics.
  func loss(_ packed: [Double], _ images: [[Double]], _ labels: [Int]) -> Double {
    let t = tensors(packed)
    let batch = images.map { Volume(height: height, width: width, channels: channels, values: $0) }
    return zip(logits(t, batch), labels).reduce(0) { sum, pair in
      let largest = pair.0.max() ?? 0
      return sum + log(pair.0.reduce(0) { $0 + exp($1 - largest) }) - (pair.0[pair.1] - largest)
    }
  }

  private func logits(_ t: [String: [Double]], _ batch: [Volume]) -> [[Double]] {
    func get(_ name: String) -> [Double] { t[name] ?? [] }
    switch choice {
    case .perceptron(let hidden):
      return batch.map { image in
        var values = image.values
        for index in hidden.indices {
          values = dense(values, get("hidden\(index)_weight"), get("hidden\(index)_bias")).map { max($0, 0) }
        }
        return dense(values, get("fc_weight"), get("fc_bias"))
      }
    case .convolutional(let counts):
      return batch.map { image in
        var map = image
        for index in counts.indices {
          let side = min(map.height, map.width)
          map = convolve(map, get("conv\(index)_weight"), get("conv\(index)_bias"), side: 3, stride: 1)
          map.values = map.values.map { max($0, 0) }
          if side >= 14 || index == counts.count - 1 { map = pool(map) }
        }
        return dense(map.values, get("fc_weight"), get("fc_bias"))
      }
    case .residual(let layers):
      var stream = normalize(batch, gamma: nil, beta: get("bn_data_beta"), rectify: false).map {
        convolve($0, get("conv0_weight"), nil, side: 3, stride: 1)
      }
      for stage in 1...3 {
        for unit in 1...(layers - 2) / 6 {
          let name = "stage\(stage)_unit\(unit)"
          let step = stage > 1 && unit == 1 ? 2 : 1
          let first = normalize(stream, gamma: get(name + "_bn1_gamma"), beta: get(name + "_bn1_beta"), rectify: true)
          let middle = first.map { convolve($0, get(name + "_conv1_weight"), nil, side: 3, stride: step) }
          let second = normalize(middle, gamma: get(name + "_bn2_gamma"), beta: get(name + "_bn2_beta"), rectify: true)
          let shortcut =
            unit == 1
            ? first.map { convolve($0, get(name + "_sc_weight"), nil, side: 1, stride: step) } : stream
          stream = zip(second, shortcut).map { pair in
            var sum = convolve(pair.0, get(name + "_conv2_weight"), nil, side: 3, stride: 1)
            sum.values = zip(sum.values, pair.1.values).map { $0 + $1 }
            return sum
          }
        }
      }
      return normalize(stream, gamma: get("bn1_gamma"), beta: get("bn1_beta"), rectify: true).map { map in
        var means = Array(repeating: 0.0, count: map.channels)
        for (index, value) in map.values.enumerated() { means[index % map.channels] += value }
        return dense(means.map { $0 / Double(map.height * map.width) }, get("fc_weight"), get("fc_bias"))
      }
    }
  }
}
