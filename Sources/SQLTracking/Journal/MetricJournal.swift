internal import Glibc
internal import Synchronization
internal import Tracking

/// A file, mapped into memory, that holds a logger's points until they are in the database.
///
/// What is stored into the mapping is the kernel's the moment the instruction is done, so that a point survives
/// whatever then happens to the process, at the price of a few stores. `docs/design/durability.md` gives the layout.
/// Points go round in a ring; each carries a check over its number in the order of all points, its content, so that
/// slots of an earlier round, half-written ones and pages lost in a power cut are told from points.
final class MetricJournal: @unchecked Sendable {  // Its logger writes under a lock; slots being read are not written.
  /// Points that fit before they must be taken over.
  static let slots = 32_768
  static let nameBytes = 256 << 10 - headerBytes
  static let headerBytes = 4_096
  private static let slotBytes = 32
  private static let fileBytes = headerBytes + nameBytes + slots * slotBytes
  private static let magic: UInt64 = 0x316E_726A_736E_7572  // "runsjrn1"
  /// The longest name of a metric that a journal takes, in bytes.
  static let longestName = 65_536

  let path: String
  let run: RunID
  let attempt: Int
  private(set) var names: [String] = []
  private let file: Int32
  private let base: UnsafeMutableRawPointer
  private var nameEnd = headerBytes

  private init(path: String, file: Int32, base: UnsafeMutableRawPointer, run: RunID, attempt: Int) {
    self.path = path
    self.file = file
    self.base = base
    self.run = run
    self.attempt = attempt
  }

  deinit {
    munmap(base, Self.fileBytes)
    close(file)
  }

  /// The name by which the database remembers how much of the journal it has.
  var id: String { String(path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...]) }

  // MARK: - Making and finding

  /// Makes a journal, held until this object is gone.
  static func make(in folder: String, run: RunID, attempt: Int) throws -> MetricJournal {
    guard mkdir(folder, 0o777) == 0 || errno == EEXIST else {
      throw TrackingError(.system, "the folder '\(folder)' for journals of metrics cannot be made: \(systemError()).")
    }
    while true {
      let unique = String(UInt64.random(in: .min ... .max), radix: 36)
      let path = "\(folder)/\(run).\(unique).journal"
      let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if file < 0, errno == EEXIST { continue }
      guard file >= 0 else {
        throw TrackingError(.system, "the journal '\(path)' cannot be made: \(systemError()).")
      }
      // Between open and flock someone who recovers may have taken the empty file for a dead process's.
      guard flock(file, LOCK_EX) == 0, isStillThere(file) else {
        close(file)
        continue
      }
      // All of it at once: a store into a mapping finds no disk full otherwise but by SIGBUS.
      let status = posix_fallocate(file, 0, off_t(fileBytes))
      guard status == 0, let base = map(file) else {
        let number = status == 0 ? errno : status
        let reason = String(cString: strerror(number))
        unlink(path)
        close(file)
        throw TrackingError(
          [ENOSPC, EDQUOT, EFBIG].contains(number) ? .full : .system,
          "the journal '\(path)' cannot have its \(fileBytes >> 10) KiB: \(reason). Make room and try again.")
      }
      let journal = MetricJournal(path: path, file: file, base: base, run: run, attempt: attempt)
      journal.writeHeader()
      return journal
    }
  }

  /// Opens a journal that no process holds, and holds it; `nil` if one does, or it is gone.
  ///
  /// An unfinished file of a process that died while it made it is removed.
  static func takeOver(_ path: String) throws -> MetricJournal? {
    let file = open(path, O_RDWR | O_CLOEXEC)
    if file < 0, errno == ENOENT { return nil }
    guard file >= 0 else { throw TrackingError(.system, "the journal '\(path)' cannot be opened: \(systemError()).") }
    guard flock(file, LOCK_EX | LOCK_NB) == 0, isStillThere(file) else {
      close(file)
      return nil
    }
    var facts = stat()
    guard fstat(file, &facts) == 0, facts.st_size == fileBytes, let base = map(file) else {
      unlink(path)
      close(file)
      return nil
    }
    guard let (run, attempt) = readHeader(base) else {
      munmap(base, fileBytes)
      unlink(path)
      close(file)
      return nil
    }
    let journal = MetricJournal(path: path, file: file, base: base, run: run, attempt: attempt)
    journal.readNames()
    return journal
  }

  /// Deletes the file; this object stays usable until it is gone.
  func remove() { unlink(path) }

  private static func isStillThere(_ file: Int32) -> Bool {
    var facts = stat()
    return fstat(file, &facts) == 0 && facts.st_nlink > 0
  }

  private static func map(_ file: Int32) -> UnsafeMutableRawPointer? {
    let base = mmap(nil, fileBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    guard base != UnsafeMutableRawPointer(bitPattern: -1) else { return nil }
    // Else the kernel fills the memory of the whole file ahead, for a logger that logs ten points.
    madvise(base, fileBytes, MADV_RANDOM)
    return base
  }

  // MARK: - Header: magic, attempt, length of the run's id, the id, and a checksum at the end of the page

  private func writeHeader() {
    let id = Array(run.text.utf8)
    base.storeBytes(of: Self.magic, as: UInt64.self)
    base.storeBytes(of: UInt32(attempt), toByteOffset: 8, as: UInt32.self)
    base.storeBytes(of: UInt32(id.count), toByteOffset: 12, as: UInt32.self)
    id.withUnsafeBytes { (base + 16).copyMemory(from: $0.baseAddress!, byteCount: id.count) }
    atomicMemoryFence(ordering: .releasing)
    base.storeBytes(of: Self.headerCheck(base), toByteOffset: Self.headerBytes - 8, as: UInt64.self)
  }

  private static func readHeader(_ base: UnsafeMutableRawPointer) -> (RunID, Int)? {
    guard base.load(as: UInt64.self) == magic,
      base.load(fromByteOffset: headerBytes - 8, as: UInt64.self) == headerCheck(base)
    else { return nil }
    let count = Int(base.load(fromByteOffset: 12, as: UInt32.self))
    guard (1...256).contains(count) else { return nil }
    let text = String(decoding: UnsafeRawBufferPointer(start: base + 16, count: count), as: UTF8.self)
    return RunID(text).map { ($0, Int(base.load(fromByteOffset: 8, as: UInt32.self))) }
  }

  private static func headerCheck(_ base: UnsafeMutableRawPointer) -> UInt64 {
    Checksum.of(UnsafeRawBufferPointer(start: base, count: headerBytes - 8), seed: 1)
  }

  // MARK: - Names: check, length, UTF-8, up to the next multiple of 4; the n-th name is number n

  /// Gives a name the next number; `nil` if there is no room, which `forgetNames` makes.
  func define(_ name: String) -> UInt32? {
    let bytes = Array(name.utf8)
    let size = 8 + (bytes.count + 3) / 4 * 4
    guard nameEnd + size <= Self.headerBytes + Self.nameBytes else { return nil }
    let entry = base + nameEnd
    entry.storeBytes(of: UInt32(bytes.count), toByteOffset: 4, as: UInt32.self)
    bytes.withUnsafeBytes { (entry + 8).copyMemory(from: $0.baseAddress!, byteCount: bytes.count) }
    atomicMemoryFence(ordering: .releasing)
    entry.storeBytes(of: Self.nameCheck(entry, bytes.count, number: names.count), as: UInt32.self)
    nameEnd += size
    names.append(name)
    return UInt32(names.count - 1)
  }

  /// Begins the list of names anew; every point must have been taken over.
  func forgetNames() {
    names = []
    nameEnd = Self.headerBytes
  }

  private func readNames() {
    let limit = Self.headerBytes + Self.nameBytes
    while nameEnd + 8 <= limit {
      let entry = base + nameEnd
      let count = Int(entry.load(fromByteOffset: 4, as: UInt32.self))
      let size = 8 + (count + 3) / 4 * 4
      guard count > 0, nameEnd + size <= limit,
        entry.load(as: UInt32.self) == Self.nameCheck(entry, count, number: names.count)
      else { return }
      names.append(String(decoding: UnsafeRawBufferPointer(start: entry + 8, count: count), as: UTF8.self))
      nameEnd += size
    }
  }

  private static func nameCheck(_ entry: UnsafeMutableRawPointer, _ count: Int, number: Int) -> UInt32 {
    let bytes = UnsafeRawBufferPointer(start: entry + 4, count: count + 4)
    return UInt32(truncatingIfNeeded: Checksum.of(bytes, seed: UInt64(number) + 2)) | 1
  }

  // MARK: - Points: check, number of the name, step, time, bits of the value

  /// Writes the point with a number in the order of all points; the slot must be free.
  func write(_ number: UInt64, name: UInt32, step: Int64, time: Int64, value: Double) {
    let slot = slot(number)
    slot.storeBytes(of: name, toByteOffset: 4, as: UInt32.self)
    slot.storeBytes(of: step, toByteOffset: 8, as: Int64.self)
    slot.storeBytes(of: time, toByteOffset: 16, as: Int64.self)
    slot.storeBytes(of: value.bitPattern, toByteOffset: 24, as: UInt64.self)
    // The check makes it a point; it must not come before the rest.
    atomicMemoryFence(ordering: .releasing)
    slot.storeBytes(
      of: Self.check(number, name: name, step: step, time: time, bits: value.bitPattern), as: UInt32.self)
  }

  /// How many points there are from a number on, at most a ring of them.
  func count(from first: UInt64) -> Int {
    var number = first
    while number - first < UInt64(Self.slots), isPoint(number) { number += 1 }
    return Int(number - first)
  }

  /// The points with numbers in a range, which must be there, as columns in the order of their first points.
  func points(_ range: Range<UInt64>, names: [String]) -> [MetricColumns] {
    var columns: [MetricColumns] = []
    var places = [Int](repeating: -1, count: names.count)
    for number in range {
      let slot = slot(number)
      let name = Int(slot.load(fromByteOffset: 4, as: UInt32.self))
      if places[name] < 0 {
        places[name] = columns.count
        columns.append(MetricColumns(name: names[name]))
      }
      let place = places[name]
      columns[place].steps.append(slot.load(fromByteOffset: 8, as: Int64.self))
      columns[place].times.append(slot.load(fromByteOffset: 16, as: Int64.self))
      columns[place].values.append(Double(bitPattern: slot.load(fromByteOffset: 24, as: UInt64.self)))
    }
    return columns
  }

  private func isPoint(_ number: UInt64) -> Bool {
    let slot = slot(number)
    let name = slot.load(fromByteOffset: 4, as: UInt32.self)
    let check = Self.check(
      number, name: name, step: slot.load(fromByteOffset: 8, as: Int64.self),
      time: slot.load(fromByteOffset: 16, as: Int64.self), bits: slot.load(fromByteOffset: 24, as: UInt64.self))
    return slot.load(as: UInt32.self) == check && name < UInt32(names.count)
  }

  private func slot(_ number: UInt64) -> UnsafeMutableRawPointer {
    base + Self.headerBytes + Self.nameBytes + Int(number % UInt64(Self.slots)) * Self.slotBytes
  }

  private static func check(_ number: UInt64, name: UInt32, step: Int64, time: Int64, bits: UInt64) -> UInt32 {
    var hash = Checksum.round(number, UInt64(name) + 1)
    hash = Checksum.round(hash, UInt64(bitPattern: step))
    hash = Checksum.round(hash, UInt64(bitPattern: time))
    hash = Checksum.mix(Checksum.round(hash, bits))
    // Never 0, which is what an untouched slot holds.
    return UInt32(truncatingIfNeeded: hash) | 1
  }
}

/// What the system says of the last failure.
func systemError() -> String { String(cString: strerror(errno)) }
