internal import Tracking

/// A training's hyperparameters: checked, complete, each with its effective value.
struct Hyperparameters: Sendable {
  /// Every known name with its value: given, or the default; null for none.
  private let values: [String: Value]
  /// The names that were given.
  let given: Set<String>

  /// Takes what was given; null counts as not given.
  ///
  /// - Throws: `TrainerError(.refused)` with every problem, a sentence each.
  init(_ parameters: [String: Value]) throws {
    let problems = Hyperparameters.problems(parameters)
    guard problems.isEmpty else {
      throw TrainerError(.refused, problems.map(\.message).joined(separator: "\n"))
    }
    var values: [String: Value] = [:]
    var given: Set<String> = []
    for known in Hyperparameter.table {
      values[known.name] = known.standard
      guard let value = parameters[known.name], value != .null, case .success(let checked) = known.checked(value)
      else { continue }
      values[known.name] = checked
      given.insert(known.name)
    }
    self.values = values
    self.given = given
  }

  /// Returns what is wrong with parameters that are given together.
  static func problems(_ parameters: [String: Value]) -> [PluginProblem] {
    var problems: [PluginProblem] = []
    for (name, value) in parameters.sorted(by: { $0.key < $1.key }) where value != .null {
      guard let known = Hyperparameter.named(name) else {
        problems.append(PluginProblem(name, unknown(name)))
        continue
      }
      if case .failure(let refusal) = known.checked(value) { problems.append(PluginProblem(name, refusal.message)) }
    }
    func has(_ name: String) -> Bool { (parameters[name] ?? .null) != .null }
    if !has("train") {
      problems.append(PluginProblem("train", "train is missing; give the path of the training images"))
    }
    for name in ["folds", "validation_fraction", "split_seed"] where has("validation") && has(name) {
      problems.append(
        PluginProblem(name, "\(name) parts the training images, and `validation` names a file; leave one of them out"))
    }
    if has("folds") && has("validation_fraction") {
      problems.append(
        PluginProblem(
          "validation_fraction", "validation_fraction makes one split, and folds as many as it says; leave one out"))
    }
    if let frequency = parameters["checkpoint_frequency"]?.integer {
      let epochs = parameters["epochs"]?.integer ?? 30
      if frequency > epochs {
        problems.append(
          PluginProblem(
            "checkpoint_frequency",
            "checkpoint_frequency is \(frequency), and there are \(epochs) epochs; give at most that"))
      }
    }
    return problems
  }

  static func unknown(_ name: String) -> String {
    let known = Hyperparameter.table.map(\.name)
    let nearest = known.min { distance($0, name) < distance($1, name) } ?? ""
    let hint = distance(nearest, name) <= max(2, name.count / 3) ? "did you mean '\(nearest)'? " : ""
    return
      "'\(name)' is no hyperparameter of image-classification; \(hint)`runs plugins image-classification` lists them"
  }

  /// Levenshtein's distance.
  private static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let replaced = diagonal + (a == b ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
      }
    }
    return row[right.count]
  }

  // MARK: values

  private func value(_ name: String) -> Value { values[name] ?? .null }
  func real(_ name: String) -> Double { value(name).number ?? 0 }
  func whole(_ name: String) -> Int? { value(name).integer.map { Int($0) } }
  func text(_ name: String) -> String? { value(name).text }
  func flag(_ name: String) -> Bool { value(name).boolean ?? false }
  func wholes(_ name: String) -> [Int] { (value(name).list ?? []).compactMap { $0.integer.map { Int($0) } } }

  /// Whether this training reads a hyperparameter.
  func reads(_ known: Hyperparameter) -> Bool {
    switch known.reader {
    case .always: true
    case .optimizers(let names): names.contains(text("optimizer") ?? "")
    case .networks(let names): names.contains(text("network") ?? "")
    case .earlyStopping: flag("early_stopping")
    case .schedule: value("lr_scheduler_step") != .null
    case .parting: value("validation") == .null
    case .oneSplit: value("validation") == .null && value("folds") == .null
    }
  }

  /// The value that counts: null, or 0 for momentum and weight decay, where it is not read.
  func effective(_ known: Hyperparameter) -> Value {
    if reads(known) { return value(known.name) }
    return known.name == "weight_decay" || known.name == "momentum" ? .real(0) : .null
  }

  /// The given names that this training does not read.
  var ignored: [String] {
    Hyperparameter.table.filter { given.contains($0.name) && !reads($0) }.map(\.name)
  }

  /// What the record of the run gets: every value that counts, and null or 0 for given ones that do not.
  var record: [Parameter] {
    Hyperparameter.table.compactMap { known in
      let value = effective(known)
      return value == .null && !given.contains(known.name) ? nil : Parameter(known.name, value)
    }
  }

  /// The content of `hyperparameters.json`: what can change the model, and whether it did.
  var modelRecord: Value {
    var entries: [String: Value] = [:]
    for known in Hyperparameter.table where known.shapesModel {
      entries[known.name] = .object(["value": effective(known), "used": .boolean(reads(known))])
    }
    // Models from before it could be chosen keep their bytes.
    if keptMetric != "validation:accuracy" { entries["keep_epoch"] = ["value": .text(keptMetric), "used": true] }
    return .object(entries)
  }
}

extension Hyperparameters {
  var optimizer: Optimizer {
    switch text("optimizer") {
    case "adam": .adam(beta1: real("beta_1"), beta2: real("beta_2"), epsilon: real("eps"))
    case "rmsprop": .rmsprop(gamma: real("gamma"), epsilon: real("eps"))
    case "nag": .nag(momentum: real("momentum"), weightDecay: real("weight_decay"))
    default: .sgd(momentum: real("momentum"), weightDecay: real("weight_decay"))
    }
  }

  var network: NetworkChoice {
    switch text("network") {
    case "mlp": .perceptron(hidden: wholes("hidden"))
    case "resnet": .residual(layers: whole("num_layers") ?? 8)
    default: .convolutional(channels: wholes("channels"))
    }
  }

  var schedule: RateSchedule {
    RateSchedule(
      rate: real("learning_rate"), factor: real("lr_scheduler_factor"), epochs: wholes("lr_scheduler_step"))
  }

  var earlyStopping: EarlyStopping? {
    guard flag("early_stopping") else { return nil }
    return EarlyStopping(
      minimumEpochs: whole("early_stopping_min_epochs") ?? 10, patience: whole("early_stopping_patience") ?? 5,
      tolerance: real("early_stopping_tolerance"))
  }

  /// By which metric the epoch whose weights become the model is the best; `last` for the last one.
  var keptMetric: String { text("keep_epoch") ?? "validation:accuracy" }

  var seed: UInt64 { UInt64(whole("seed") ?? 0) }

  var data: DataRequest {
    DataRequest(
      train: text("train") ?? "", trainLabels: text("train_labels"), validation: text("validation"),
      validationLabels: text("validation_labels"), format: text("data_format").flatMap(ImageFormat.init(rawValue:)),
      labelFirst: text("label_column") == "first", shape: text("image_shape").flatMap { ImageShape($0) },
      validationFraction: real("validation_fraction"), splitSeed: UInt64(whole("split_seed") ?? 0),
      folds: whole("folds") ?? 1)
  }
}
