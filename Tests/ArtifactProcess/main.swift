// A process of the tests: stores and restores artifacts, and dies where it is told to.
import Glibc
import TarArtifacts
import Tracking

func limitFiles(_ bytes: Int) {
  var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(bytes))
  setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}

let arguments = CommandLine.arguments
do {
  switch arguments.dropFirst().first {
  case "die":
    // ARTIFACTS TREE STEP: stores, and kills itself at a step of the write.
    let step = WriteStep(rawValue: arguments[4])
    let store = TarArtifactStore(directory: arguments[2]) { if $0 == step { kill(getpid(), SIGKILL) } }
    _ = try store.store(contentsOf: arguments[3])
  case "often":
    // ARTIFACTS TREE COUNT: stores and verifies, again and again.
    let store = TarArtifactStore(directory: arguments[2])
    for _ in 0..<Int(arguments[4])! { try store.verify(store.store(contentsOf: arguments[3]).digest) }
  case "full":
    // ARTIFACTS TREE BYTES: stores where no file may be longer; a write beyond it fails.
    signal(SIGXFSZ, SIG_IGN)
    limitFiles(Int(arguments[4])!)
    _ = try TarArtifactStore(directory: arguments[2]).store(contentsOf: arguments[3])
  case "cut":
    // ARTIFACTS DIGEST TARGET BYTES: restores where no file may be longer; a write beyond it kills.
    signal(SIGXFSZ, SIG_DFL)
    limitFiles(Int(arguments[5])!)
    try TarArtifactStore(directory: arguments[2]).restore(
      Digest(hex: arguments[3])!, to: arguments[4], limits: RestoreLimits())
  case "mask":
    // ARTIFACTS TREE TARGET: stores and restores under a mask that takes everything from others; says the digest.
    umask(0o077)
    let store = TarArtifactStore(directory: arguments[2])
    let digest = try store.store(contentsOf: arguments[3]).digest
    try store.restore(digest, to: arguments[4], limits: RestoreLimits())
    print(digest.hex)
  default: fatalError("unknown deed")
  }
} catch let error as TrackingError {
  print("\(error.code.rawValue): \(error.message)")
  exit(1)
}
