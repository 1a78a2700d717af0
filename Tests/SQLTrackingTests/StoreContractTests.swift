import SQL
import SQLTracking
import SQLite
import Testing
import Tracking
import TrackingContracts

@Test(arguments: StoreContract.cases)
func `a store in memory keeps the contract`(of demand: ContractCase<StoreContract.Subject>) throws {
  let clock = StoreContract.HeldClock()
  let store = try SQLTrackingStore(SQLiteDatabase(), journalFolder: nil, clock: clock.clock)
  try demand.check(StoreContract.Subject(store: store, clock: clock, reopen: { store }))
  #expect(try store.problems() == [])
}

@Test(arguments: StoreContract.cases)
func `a store on file keeps the contract`(of demand: ContractCase<StoreContract.Subject>) throws {
  let folder = ScratchFolder()
  let clock = StoreContract.HeldClock()
  let open: @Sendable () throws -> SQLTrackingStore = {
    try SQLTrackingStore(
      SQLiteDatabase(path: folder("runs.db")), journalFolder: folder("journal"), clock: clock.clock)
  }
  let store = try open()
  try demand.check(StoreContract.Subject(store: store, clock: clock, reopen: open))
  #expect(try store.problems() == [])
  try store.close()
}

@Test(arguments: StoreContract.histories)
func `histories move between stores as the contract says`(of demand: ContractCase<StoreContract.Move>) throws {
  let folder = ScratchFolder()
  let clock = StoreContract.HeldClock()
  let source = try SQLTrackingStore(
    SQLiteDatabase(path: folder("source.db")), journalFolder: folder("journal"), clock: clock.clock)
  let target = try SQLTrackingStore(SQLiteDatabase(), journalFolder: nil, clock: clock.clock)
  try demand.check(StoreContract.Move(from: source, to: target, clock: clock))
  #expect(try source.problems() == [] && target.problems() == [])
  try source.close()
}
