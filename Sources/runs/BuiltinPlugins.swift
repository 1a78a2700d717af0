internal import ImageClassificationTrainer
internal import LocalLauncher
internal import Sweeping
internal import Tracking

/// The plugins that are built in: a line each.
func builtinPlugins() -> PluginCatalogue {
  var plugins = PluginCatalogue()
  plugins.register(ImageClassificationTrainer.self)
  plugins.register(LocalLauncher.self)
  return plugins
}

/// The launcher that starts trials.
func builtinLauncher() -> any Launcher { LocalLauncher() }
