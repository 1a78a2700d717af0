internal import Glibc

/// What this machine is, from the files in which Linux tells it.
enum Machine {
  /// The sections `machine`, `gpu`, `system`, `libraries`, and what of `threads` and `locale` is no variable.
  static var sections: [(EnvironmentRecord.Section, [String: String])] {
    [
      (.machine, processor), (.gpu, graphics), (.system, system), (.libraries, systemLibraries),
      (.threads, ["processors": String(usableProcessors)]), (.locale, timeZone),
    ]
  }

  private static var processor: [String: String] {
    var found: [String: String] = [:]
    for line in (text(of: "/proc/cpuinfo", atMost: 4 << 20) ?? "").split(separator: "\n", maxSplits: 60) {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmed }
      guard parts.count == 2 else { continue }
      switch parts[0] {
      case "model name" where found["cpu"] == nil: found["cpu"] = parts[1]
      case "flags" where found["cpu_flags"] == nil, "Features" where found["cpu_flags"] == nil:
        found["cpu_flags"] = parts[1].split(separator: " ").sorted().joined(separator: " ")
      default: break
      }
    }
    for line in (text(of: "/proc/meminfo") ?? "").split(separator: "\n", maxSplits: 1) where line.hasPrefix("MemTotal:")
    {
      found["memory"] = line.dropFirst(9).trimmed
    }
    var name = utsname()
    if uname(&name) == 0 { found["architecture"] = texts(of: &name.machine) }
    return found
  }

  private static var system: [String: String] {
    var found: [String: String] = [:]
    var version = [CChar](repeating: 0, count: 64)
    if confstr(Int32(_CS_GNU_LIBC_VERSION), &version, version.count) > 0 {
      found["libc"] = String(decoding: version.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    for line in (text(of: "/etc/os-release") ?? "").split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
      found["os"] = String(line.dropFirst(12).filter { $0 != "\"" })
    }
    var name = utsname()
    if uname(&name) == 0 { found["kernel"] = texts(of: &name.sysname) + " " + texts(of: &name.release) }
    return found
  }

  private static func texts<Characters>(of characters: inout Characters) -> String {
    withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  // How many processors this process may use, which is what libraries take as their number of threads.
  private static var usableProcessors: Int {
    for line in (text(of: "/proc/self/status") ?? "").split(separator: "\n") where line.hasPrefix("Cpus_allowed:") {
      let count = line.dropFirst(13).compactMap(\.hexDigitValue).reduce(0) { $0 + $1.nonzeroBitCount }
      if count > 0 { return count }
    }
    return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }

  private static var timeZone: [String: String] {
    let link = target(ofLink: "/etc/localtime")
    let zone = link.flatMap { $0.firstRange(of: "zoneinfo/").map { place in String(link?[place.upperBound...] ?? "") } }
    return ["time_zone": zone ?? text(of: "/etc/timezone")?.trimmed ?? "UTC"]
  }

  private static var graphics: [String: String] {
    var found: [String: String] = [:]
    if let version = text(of: "/proc/driver/nvidia/version")?.split(separator: "\n").first {
      found["driver"] = version.trimmed
    }
    for (place, name) in names(in: "/proc/driver/nvidia/gpus").enumerated() {
      for line in (text(of: "/proc/driver/nvidia/gpus/\(name)/information") ?? "").split(separator: "\n")
      where line.hasPrefix("Model:") {
        found["gpu \(place)"] = line.dropFirst(6).trimmed
      }
    }
    return found
  }

  // MARK: - Libraries

  private static let deciding = [
    "openblas", "mkl_rt", "libblas", "liblapack", "blis", "gomp", "iomp", "libomp", "cudart", "cublas", "cudnn",
    "nvrtc",
  ]

  private static var systemLibraries: [String: String] {
    let folders = [
      "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64",
      "/usr/local/lib", "/usr/local/cuda/lib64",
    ]
    let wanted = [
      "libblas.so.3", "liblapack.so.3", "libopenblas.so.0", "libmkl_rt.so.2", "libgomp.so.1", "libiomp5.so",
      "libomp.so.5",
      "libstdc++.so.6", "libm.so.6", "libcudart.so.12", "libcudart.so.11.0", "libcublas.so.12", "libcublas.so.11",
      "libcudnn.so.9", "libcudnn.so.8", "libcuda.so.1",
    ]
    var found: [String: String] = [:]
    for name in wanted {
      for folder in folders where found[name] == nil {
        guard let real = resolved(folder + "/" + name) else { continue }
        found[name] = real.split(separator: "/").last.map(String.init)
      }
    }
    return found
  }

  /// Returns the libraries for linear algebra and threads that packages bring along, by name without version.
  static func libraries(inPackagesOf path: [String]) -> [String: String] {
    var found: [String: String] = [:]
    for folder in path {
      for name in names(in: folder) where name.hasSuffix(".libs") || name == "torch" || name == "nvidia" {
        let inner = folder + "/" + name
        let places =
          switch name {
          case "torch": [inner + "/lib"]
          case "nvidia": names(in: inner).map { inner + "/" + $0 + "/lib" }
          default: [inner]
          }
        for place in places {
          for file in names(in: place) where deciding.contains(where: { file.lowercased().contains($0) }) {
            let stem = String(file.prefix { $0 != "-" && $0 != "." })
            let key = name.hasSuffix(".libs") ? "\(name.dropLast(5)): \(stem)" : "\(name): \(stem)"
            if found[key] == nil { found[key] = file }
          }
        }
      }
    }
    return found
  }
}

extension StringProtocol {
  /// The text without white space at its ends.
  var trimmed: String {
    var rest = self[...]
    while rest.first?.isWhitespace ?? false { rest.removeFirst() }
    while rest.last?.isWhitespace ?? false { rest.removeLast() }
    return String(rest)
  }
}
