internal import GridStrategy
internal import HalvingPolicy
internal import HalvingStrategies
internal import ImageClassificationTrainer
internal import ListStrategy
internal import LocalLauncher
internal import RandomStrategy
internal import Sweeping
internal import TPEStrategy
internal import Tracking

/// The plugins that are built in: a line each.
func builtinPlugins() -> PluginCatalogue {
  var plugins = PluginCatalogue()
  plugins.register(RandomStrategy.self)
  plugins.register(GridStrategy.self)
  plugins.register(SobolStrategy.self)
  plugins.register(ListStrategy.self)
  plugins.register(TPEStrategy.self)
  plugins.register(HyperbandStrategy.self)
  plugins.register(AshaStrategy.self)
  plugins.register(AshaPolicy.self)
  plugins.register(ImageClassificationTrainer.self)
  plugins.register(LocalLauncher.self)
  return plugins
}

/// The launcher that starts trials.
func builtinLauncher() -> any Launcher { LocalLauncher() }
