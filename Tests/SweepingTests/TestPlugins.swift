import BanditPolicy
import GridStrategy
import LocalLauncher
import MedianStoppingPolicy
import PlateauPolicies
import RandomStrategy
import Sweeping
import Tracking
import TruncationPolicy

/// A trainer that only says what it takes; it never trains.
struct PaperTrainer: Trainer {
  static let description = PluginDescription(
    kind: .trainer, name: "paper", summary: "Takes parameters and does nothing",
    options: ["seed", "data", "epochs", "learning_rate", "optimizer", "momentum", "keep_epoch"].map {
      PluginDescription.Option($0, "a parameter")
    })

  static let metrics: [(name: String, goal: Goal?)] = [
    ("validation:accuracy", .maximize), ("validation:loss", .minimize), ("images_per_second", nil),
  ]

  static func problems(fixed: [String: Value], space: SearchSpace) -> [PluginProblem] {
    let known = description.options.map(\.name)
    let names = fixed.keys.sorted() + space.parameters.map(\.name)
    return names.filter { !known.contains($0) }.map { PluginProblem($0, "paper has no parameter '\($0)'") }
  }

  func train(in session: RunSession) throws -> TrainingEnd { .finished("") }
}

/// The plugins that specs of the tests may name.
func testPlugins() -> PluginCatalogue {
  var plugins = PluginCatalogue()
  plugins.register(RandomStrategy.self)
  plugins.register(GridStrategy.self)
  plugins.register(BanditPolicy.self)
  plugins.register(MedianStoppingPolicy.self)
  plugins.register(TruncationPolicy.self)
  plugins.register(ThresholdPolicy.self)
  plugins.register(PatiencePolicy.self)
  plugins.register(LocalLauncher.self)
  plugins.register(PaperTrainer.self)
  return plugins
}
