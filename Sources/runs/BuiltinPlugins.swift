internal import Sweeping
internal import Tracking

/// The plugins that are built in: a line each.
func builtinPlugins() -> PluginCatalogue {
  let plugins = PluginCatalogue()
  return plugins
}

/// The launcher that starts trials.
func builtinLauncher() throws -> any Launcher {
  throw CommandFailure(.bug, "no launcher is built in yet")
}
