import Foundation
import SQLTracking
import SQLite
import TarArtifacts
import Testing
import Tracking
import TrackingClient
import TrackingContracts
import TrackingServer

/// The store contract, demanded of a client of a real server over a store on file.
@Suite struct ClientContractTests {
  @Test(arguments: StoreContract.cases)
  func `a client over TCP keeps the contract`(of demand: ContractCase<StoreContract.Subject>) throws {
    try check(demand, over: .tcp(host: "127.0.0.1", port: 0))
  }

  @Test(arguments: StoreContract.cases)
  func `a client over a unix socket keeps the contract`(of demand: ContractCase<StoreContract.Subject>) throws {
    let path = NSTemporaryDirectory() + "/runs-\(UUID().uuidString.prefix(8)).sock"
    try check(demand, over: .unix(path: path))
  }

  private func check(_ demand: ContractCase<StoreContract.Subject>, over address: ListeningAddress) throws {
    let folder = ScratchFolder()
    let clock = StoreContract.HeldClock()
    let store = try SQLTrackingStore(
      SQLiteDatabase(path: folder("runs.db")), journalFolder: folder("journal"), clock: clock.clock)
    var settings = TrackingServer.Settings(address: address, clock: clock.clock)
    // The contract begins with an empty store.
    settings.makesDefaultExperiment = false
    let server = TrackingServer(
      store: store, artifacts: TarArtifactStore(directory: folder("artifacts")), settings: settings)
    let bound = try server.start()
    defer { server.stop() }
    let connect: @Sendable () throws -> TrackingClient = { try TrackingClient(bound.url) }
    try demand.check(StoreContract.Subject(store: connect(), clock: clock, reopen: connect))
    #expect(try store.problems() == [])
  }
}
