internal import BanditPolicy
internal import BayesianStrategies
internal import CMAESStrategy
internal import GridStrategy
internal import HalvingPolicy
internal import HalvingStrategies
internal import ImageClassificationTrainer
internal import ListStrategy
internal import LocalLauncher
internal import MedianStoppingPolicy
internal import ParetoStrategy
internal import PlateauPolicies
internal import PopulationStrategy
internal import RandomStrategy
internal import Sweeping
internal import TPEStrategy
internal import Tracking
internal import TruncationPolicy

/// The plugins that are built in: a line each.
func builtinPlugins() -> PluginCatalogue {
  var plugins = PluginCatalogue()
  plugins.register(AutoStrategy.self)
  plugins.register(BayesianStrategy.self)
  plugins.register(RandomStrategy.self)
  plugins.register(GridStrategy.self)
  plugins.register(SobolStrategy.self)
  plugins.register(ListStrategy.self)
  plugins.register(TPEStrategy.self)
  plugins.register(CMAESStrategy.self)
  plugins.register(PopulationStrategy.self)
  plugins.register(ParetoStrategy.self)
  plugins.register(BayesianHalvingStrategy.self)
  plugins.register(HyperbandStrategy.self)
  plugins.register(AshaStrategy.self)
  plugins.register(AshaPolicy.self)
  plugins.register(BanditPolicy.self)
  plugins.register(MedianStoppingPolicy.self)
  plugins.register(TruncationPolicy.self)
  plugins.register(ThresholdPolicy.self)
  plugins.register(PatiencePolicy.self)
  plugins.register(ImageClassificationTrainer.self)
  plugins.register(LocalLauncher.self)
  return plugins
}

/// The launcher that starts trials.
func builtinLauncher() -> any Launcher { LocalLauncher() }
