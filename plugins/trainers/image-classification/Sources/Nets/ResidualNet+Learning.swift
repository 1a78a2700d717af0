internal import CImageKernels

/// The passes of a residual net. A phase does the part of every image between two normalisations.
extension ResidualNet {
  /// Whitens an image and brings it through the stem.
  func stemForward(
    _ images: ImageSet, _ index: Int, _ row: Int, _ scratch: ResidualScratch, _ weights: FloatBuffer
  ) {
    let kernels = context.kernels
    let bordered = scratch.input(image)
    images.place(index, kernels, into: scratch.pixels.start, rows: image.height, rowStride: image.line)
    whitening.apply(kernels, scratch.pixels.start, into: bordered, as: image.with(border: 1), rectify: false)
    stem.forward(kernels, weights, bordered, into: stream(0, row))
  }

  /// What unit `unit` reads, of an image; one past the last: what the closing normalisation reads.
  func stream(_ unit: Int, _ row: Int) -> UnsafeMutablePointer<Float> {
    streams[unit] + row * (unit < units.count ? units[unit].input.size : closing.map.size)
  }

  private func middle(_ unit: Int, _ row: Int) -> UnsafeMutablePointer<Float> {
    middles[unit] + row * units[unit].middle.size
  }

  /// The first half of a unit: up to its second normalisation, and the shortcut.
  func openUnit(_ index: Int, _ row: Int, _ scratch: ResidualScratch, _ weights: FloatBuffer) {
    let unit = units[index]
    let input = scratch.input(unit.input)
    unit.first.apply(
      context.kernels, stream(index, row), into: input, as: unit.input.with(border: 1), rectify: true)
    unit.convolution.forward(context.kernels, weights, input, into: middle(index, row))
    if let shortcut = unit.shortcut {
      shortcut.forward(context.kernels, weights, input, into: stream(index + 1, row))
    } else {
      stream(index + 1, row).update(from: stream(index, row), count: unit.output.size)
    }
  }

  /// The second half of a unit, added to its shortcut.
  func closeUnit(_ index: Int, _ row: Int, _ scratch: ResidualScratch, _ weights: FloatBuffer) {
    let unit = units[index]
    let input = scratch.input(unit.middle)
    unit.second.apply(
      context.kernels, middle(index, row), into: input, as: unit.middle.with(border: 1), rectify: true)
    unit.closing.forward(context.kernels, weights, input, into: stream(index + 1, row), onto: true)
  }

  /// Normalises, rectifies and averages what the last unit wrote.
  func average(_ row: Int, _ scratch: ResidualScratch) {
    closing.apply(
      context.kernels, stream(units.count, row), into: scratch.plain.start, as: closing.map, rectify: true)
    context.kernels.call.mean_pixels(
      scratch.plain.start, Int32(closing.map.pixels), Int32(closing.map.pixel), features + row * head.inputRow)
  }

  /// Brings features to logits and judges them.
  func classify(_ rows: Range<Int>, outcomes: Outcomes, at place: Int, weights: FloatBuffer, learning: Bool) {
    head.forward(
      context.kernels, weights, features.start, into: logits.start, rows: rows, rectify: false)
    let start = rows.lowerBound
    context.kernels.call.classify(
      logits + start * head.outputRow, Int32(rows.count), Int32(context.classes), Int32(head.outputRow),
      outcomes.labels + (place + start), outcomes.losses + (place + start), outcomes.ranks + (place + start),
      learning ? dLogits + start * head.outputRow : nil)
  }

  func learn(
    _ images: ImageSet, _ batch: UnsafeBufferPointer<Int32>, weights: FloatBuffer, gradient: FloatBuffer,
    outcomes: Outcomes
  ) {
    let pass = ResidualPass(net: self, images: images, batch: batch, weights: weights, outcomes: outcomes)
    pass.forward()
    pass.backward()
    let size = layout.learnedSize
    context.kernels.call.add_slots(slots.start, Int32(pass.count), Int64(size), Int32(size), gradient.start)
    pass.finishNormalizations(gradient)
  }
}

/// One batch on its way through a residual net and back.
struct ResidualPass {
  let net: ResidualNet
  let images: ImageSet
  let batch: UnsafeBufferPointer<Int32>
  let weights: FloatBuffer
  let outcomes: Outcomes
  /// Slots of this batch.
  let count: Int

  init(
    net: ResidualNet, images: ImageSet, batch: UnsafeBufferPointer<Int32>, weights: FloatBuffer, outcomes: Outcomes
  ) {
    (self.net, self.images, self.batch) = (net, images, batch)
    (self.weights, self.outcomes) = (weights, outcomes)
    count = Workers.slots(images: batch.count)
  }

  private var kernels: Kernels { net.context.kernels }

  private func phase(_ body: (_ row: Int, _ slot: Int, _ scratch: ResidualScratch) -> Void) {
    net.context.workers.run(count) { slot, worker in
      for row in Workers.slot(slot, of: count, images: batch.count) { body(row, slot, net.scratch[worker]) }
    }
  }

  private func slot(_ slot: Int) -> UnsafeMutablePointer<Float> { net.slots + slot * net.layout.learnedSize }

  private var normalizations: [Normalization] {
    [net.whitening] + net.units.flatMap { [$0.first, $0.second] } + [net.closing]
  }

  private func settle(_ normalization: Normalization) {
    normalization.settle(images: batch.count, slots: count, weights: weights)
  }

  func forward() {
    for normalization in normalizations { normalization.clear() }
    images.labels(batch, into: outcomes.labels)
    phase { row, slot, scratch in
      images.place(
        Int(batch[row]), kernels, into: scratch.pixels.start, rows: net.image.height, rowStride: net.image.line)
      net.whitening.add(kernels, scratch.pixels.start, slot: slot)
    }
    settle(net.whitening)
    phase { row, slot, scratch in
      net.stemForward(images, Int(batch[row]), row, scratch, weights)
      next(after: -1).add(kernels, net.stream(0, row), slot: slot)
    }
    for index in net.units.indices {
      settle(net.units[index].first)
      phase { row, slot, scratch in
        net.openUnit(index, row, scratch, weights)
        net.units[index].second.add(kernels, net.middles[index] + row * net.units[index].middle.size, slot: slot)
      }
      settle(net.units[index].second)
      phase { row, slot, scratch in
        net.closeUnit(index, row, scratch, weights)
        next(after: index).add(kernels, net.stream(index + 1, row), slot: slot)
      }
    }
    settle(net.closing)
  }

  /// The normalisation that reads what a unit wrote; -1 for the stem.
  private func next(after unit: Int) -> Normalization {
    unit + 1 < net.units.count ? net.units[unit + 1].first : net.closing
  }

  func backward() {
    for normalization in normalizations { normalization.clear() }
    net.slots.start.update(repeating: 0, count: count * net.layout.learnedSize)
    net.onesSums.clear()
    for unit in net.units {
      unit.convolution.prepare(kernels, weights)
      unit.closing.prepare(kernels, weights)
      unit.shortcut?.prepare(kernels, weights)
    }
    net.head.prepare(kernels, weights)
    headPhase()
    net.closing.settleGradient(images: batch.count, slots: count)
    for index in net.units.indices.reversed() {
      closePhase(index)
      net.units[index].second.settleGradient(images: batch.count, slots: count)
      openPhase(index)
      net.units[index].first.settleGradient(images: batch.count, slots: count)
    }
    stemPhase()
  }

  private func headPhase() {
    let head = net.head
    net.context.workers.run(count) { slot, worker in
      let rows = Workers.slot(slot, of: count, images: batch.count)
      let scratch = net.scratch[worker]
      for row in rows { net.average(row, scratch) }
      net.classify(rows, outcomes: outcomes, at: 0, weights: weights, learning: true)
      let d = net.dLogits + rows.lowerBound * head.outputRow
      head.weightGradient(
        kernels, net.features + rows.lowerBound * head.inputRow, d, into: self.slot(slot), rows: rows.count, onto: true)
      head.addBiasGradient(kernels, d, into: self.slot(slot), rows: rows.count)
      head.inputGradient(kernels, net.dLogits.start, into: net.dFeatures.start, rows: rows)
      for row in rows {
        let d = net.dInput + row * net.gradientSize
        kernels.call.spread_pixels(
          net.dFeatures + row * head.inputRow, Int32(net.closing.map.pixels), Int32(net.closing.map.pixel), d)
        net.closing.addGradient(kernels, net.stream(net.units.count, row), d, slot: slot)
      }
    }
  }

  /// Brings the gradient of a stream into `dStream`, from the normalisation that read it and past the unit that did.
  ///
  /// - Parameter unit: the unit that wrote the stream; -1 for the stem.
  private func streamGradient(_ unit: Int, _ row: Int) -> UnsafeMutablePointer<Float> {
    let d = net.dStream + row * net.gradientSize
    let reader = unit + 1
    let passes = reader < net.units.count && net.units[reader].shortcut == nil
    next(after: unit).inputGradient(
      kernels, net.stream(reader, row), net.dInput + row * net.gradientSize, into: d, as: next(after: unit).map,
      onto: passes)
    return d
  }

  private func closePhase(_ index: Int) {
    let unit = net.units[index]
    phase { row, slot, scratch in
      let d = scratch.gradient(unit.output)
      copy(streamGradient(index, row), unit.output, toBordered: d)
      let input = scratch.input(unit.middle)
      let middle = net.middles[index] + row * unit.middle.size
      unit.second.apply(kernels, middle, into: input, as: unit.middle.with(border: 1), rectify: true)
      unit.closing.addWeightGradient(kernels, input, d, into: self.slot(slot))
      let dMiddle = net.dMiddle + row * net.gradientSize
      unit.closing.inputGradient(kernels, d, into: dMiddle)
      unit.second.addGradient(kernels, middle, dMiddle, slot: slot)
    }
  }

  private func openPhase(_ index: Int) {
    let unit = net.units[index]
    phase { row, slot, scratch in
      let d = scratch.gradient(unit.middle)
      let middle = net.middles[index] + row * unit.middle.size
      unit.second.inputGradient(
        kernels, middle, net.dMiddle + row * net.gradientSize, into: d, as: unit.middle.with(border: 1), onto: false)
      let input = scratch.input(unit.input)
      unit.first.apply(
        kernels, net.stream(index, row), into: input, as: unit.input.with(border: 1), rectify: true)
      let dInput = net.dInput + row * net.gradientSize
      unit.convolution.addWeightGradient(kernels, input, d, into: self.slot(slot))
      unit.convolution.inputGradient(kernels, d, into: dInput)
      if let shortcut = unit.shortcut {
        copy(net.dStream + row * net.gradientSize, unit.output, toBordered: d)
        shortcut.addWeightGradient(kernels, input, d, into: self.slot(slot))
        shortcut.inputGradient(kernels, d, into: dInput, onto: true)
      }
      unit.first.addGradient(kernels, net.stream(index, row), dInput, slot: slot)
    }
  }

  private func stemPhase() {
    let map = net.stem.output
    phase { row, slot, scratch in
      let d = scratch.gradient(map)
      copy(streamGradient(-1, row), map, toBordered: d)
      let input = scratch.input(net.image)
      images.place(
        Int(batch[row]), kernels, into: scratch.pixels.start, rows: net.image.height, rowStride: net.image.line)
      net.whitening.apply(
        kernels, scratch.pixels.start, into: input, as: net.image.with(border: 1), rectify: false)
      net.stem.addWeightGradient(kernels, input, d, into: self.slot(slot))
      net.stemOfOnes.addWeightGradient(kernels, net.ones.start, d, into: net.onesSums + slot * 9 * map.pixel)
    }
  }

  /// Copies a map into a bordered one.
  private func copy(_ from: UnsafePointer<Float>, _ map: Map, toBordered out: UnsafeMutablePointer<Float>) {
    let bordered = map.with(border: 1)
    for y in 0..<map.height {
      (out + bordered.offset(y, 0)).update(from: from + y * map.line, count: map.line)
    }
  }

  /// Writes the gradients of scales and shifts, which are sums over all slots already.
  func finishNormalizations(_ gradient: FloatBuffer) {
    for normalization in normalizations.dropFirst() {
      normalization.writeGradient(slots: count, into: gradient.start)
    }
    let map = net.stem.output
    for channel in 0..<net.image.channels {
      var sum = 0.0
      for tap in 0..<9 {
        let kernel = net.stem.weights + (tap * net.image.channels + channel) * map.pixel
        for out in 0..<map.channels {
          var seen = 0.0
          for slot in 0..<count { seen += Double(net.onesSums.start[(slot * 9 + tap) * map.pixel + out]) }
          sum += seen * Double(weights.start[kernel + out])
        }
      }
      net.whitening.setShiftGradient(channel, Float(sum), gradient.start)
    }
  }
}
