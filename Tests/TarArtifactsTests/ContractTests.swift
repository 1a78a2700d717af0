import TarArtifacts
import Testing
import TrackingContracts

@Test(arguments: ArtifactStoreContract.cases)
func `the tarball store keeps the contract`(of demand: ContractCase<ArtifactStoreContract.Subject>) throws {
  let folder = ScratchFolder()
  try demand.check(
    ArtifactStoreContract.Subject(store: TarArtifactStore(directory: folder("store/artifacts")), folder: folder))
}
