/// Which environment variables are recorded, and how.
public enum VariableRules {
  /// Variables that set how many threads a library uses, or how it binds them.
  private static let threadPrefixes = [
    "OMP_", "MKL_", "KMP_", "GOMP_", "OPENBLAS_", "GOTO_", "BLIS_", "NUMEXPR_", "VECLIB_", "RAYON_NUM_THREADS",
    "TBB_NUM_THREADS", "NUMBA_NUM_THREADS", "TF_NUM_", "TORCH_NUM_THREADS", "LOKY_MAX_CPU_COUNT", "JULIA_NUM_THREADS",
    "POLARS_MAX_THREADS", "TOKENIZERS_PARALLELISM",
  ]

  /// Other variables that can decide about numbers.
  private static let prefixes = [
    "PYTHONHASHSEED", "PYTHONPATH", "PYTHONHOME", "PYTHONOPTIMIZE", "PYTHONUTF8", "PYTHONIOENCODING",
    "PYTHONNOUSERSITE",
    "PYTHONSTARTUP", "PYTHONDONTWRITEBYTECODE", "CUDA_", "CUBLAS_", "CUDNN_", "NVIDIA_", "NCCL_", "HIP_", "ROCR_",
    "TF_DETERMINISTIC", "TF_CUDNN", "TF_ENABLE", "TF_XLA", "TF_GPU", "TF_FORCE",
    "TORCH_", "PYTORCH_", "XLA_", "JAX_", "NUMBA_", "MIOPEN_", "LD_LIBRARY_PATH", "LD_PRELOAD", "MALLOC_",
    "GLIBC_TUNABLES",
    "R_LIBS", "JULIA_", "NODE_ENV", "NODE_OPTIONS", "VIRTUAL_ENV", "CONDA_DEFAULT_ENV", "CONDA_PREFIX", "SEED",
    "RANDOM_SEED",
    "GLOBAL_SEED", "PL_GLOBAL_SEED",
  ]

  private static let localeNames: Set<String> = ["LANG", "LANGUAGE", "TZ"]

  private static let secretWords: Set<String> = [
    "KEY", "KEYS", "TOKEN", "SECRET", "SECRETS", "PASSWORD", "PASSWD", "PASSPHRASE", "PASS", "PWD", "CREDENTIAL",
    "CREDENTIALS",
    "PRIVATE", "AUTH", "COOKIE", "SIGNATURE", "DSN", "PAT",
  ]
  private static let secretParts = [
    "PASSWORD", "PASSWD", "SECRET", "CREDENTIAL", "APIKEY", "ACCESSKEY", "CONNECTION_STRING", "SAS_URL",
  ]

  /// Returns whether a variable's name looks like that of a key, token, password or credential: by a word between its `_`,
  /// or a word run together with another.
  public static func isSecret(_ name: String) -> Bool {
    let name = name.uppercased()
    if name == "PWD" || name == "OLDPWD" { return false }
    let words = name.split(separator: "_").map(String.init)
    return words.contains { secretWords.contains($0) } || secretParts.contains { name.contains($0) }
      || words.contains { $0.hasSuffix("TOKEN") || $0.hasSuffix("PASS") && $0 != "BYPASS" }
  }

  /// The section that keeps a variable's value; nil where only secrets' names are kept, or nothing.
  ///
  /// - Parameter alsoWanted: names that the user wants recorded. A secret's value is never kept, whoever wants it.
  public static func section(of name: String, alsoWanted: Set<String>) -> EnvironmentRecord.Section? {
    if isSecret(name) { return .present }
    if name.hasPrefix("RUNS_") { return nil }
    if threadPrefixes.contains(where: { name.hasPrefix($0) }) { return .threads }
    if localeNames.contains(name) || name.hasPrefix("LC_") { return .locale }
    return alsoWanted.contains(name) || prefixes.contains(where: { name.hasPrefix($0) }) ? .variables : nil
  }

  /// Names of places, which are another machine's elsewhere: they are recorded and compared, and a repetition does not get
  /// them.
  public static let places: Set<String> = [
    "CUDA_VISIBLE_DEVICES",
    "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "LD_LIBRARY_PATH", "LD_PRELOAD",
  ]

  /// Returns whether a repetition gets a variable's recorded value.
  public static func isRestored(_ name: String) -> Bool { !places.contains(name) && !name.hasPrefix("LD_") }

  /// Returns the value without what a password in an address would tell: `scheme://user:password@host`.
  static func withoutCredentials(_ value: String) -> String {
    value.contains("://") && value.contains("@") ? GitState.withoutCredentials(value) ?? value : value
  }
}
