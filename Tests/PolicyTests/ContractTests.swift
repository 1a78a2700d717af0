import BanditPolicy
import MedianStoppingPolicy
import PlateauPolicies
import Testing
import Tracking
import TrackingContracts
import TruncationPolicy

@Suite struct ContractTests {
  static let subjects: [PolicyContract.Subject] = [
    PolicyContract.Subject(BanditPolicy.self, options: ["slack_factor": 0.2]),
    PolicyContract.Subject(BanditPolicy.self, options: ["slack_factor": 0, "evaluation_interval": 2]),
    PolicyContract.Subject(BanditPolicy.self, options: ["slack_amount": 0.1, "delay_evaluation": 3]),
    PolicyContract.Subject(MedianStoppingPolicy.self),
    PolicyContract.Subject(MedianStoppingPolicy.self, options: ["rule": "sagemaker", "warmup_trials": 2]),
    PolicyContract.Subject(MedianStoppingPolicy.self, options: ["rule": "best", "evaluation_interval": 3]),
    PolicyContract.Subject(TruncationPolicy.self, options: ["truncation_percentage": 30]),
    PolicyContract.Subject(
      TruncationPolicy.self, options: ["truncation_percentage": 50, "exclude_finished_jobs": true]),
    PolicyContract.Subject(ThresholdPolicy.self, options: ["bound": 0.5, "delay_evaluation": 2]),
    PolicyContract.Subject(PatiencePolicy.self, options: ["patience": 3, "min_delta": 0.01]),
  ]

  @Test(arguments: PolicyContract.cases, subjects)
  func `a policy keeps the contract`(
    of demand: ContractCase<PolicyContract.Subject>, for subject: PolicyContract.Subject
  ) throws {
    try demand.check(subject)
  }
}
