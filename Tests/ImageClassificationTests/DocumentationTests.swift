import Testing
import Tracking

@testable import ImageClassificationTrainer

/// docs/trainers/image-classification.md beside the code.
struct DocumentationTests {
  private func page() throws -> String {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    return String(decoding: try FileBytes.raw(root + "/docs/trainers/image-classification.md"), as: UTF8.self)
  }

  /// A line of the page's table.
  static func row(_ known: Hyperparameter) -> String {
    let reader =
      switch known.reader {
      case .always: "all"
      case .optimizers(let names): names.joined(separator: ", ")
      case .networks(let names): names.joined(separator: ", ")
      case .earlyStopping: "early_stopping: true"
      case .schedule: "lr_scheduler_step"
      case .parting: "no validation"
      case .oneSplit: "no validation, no folds"
      }
    let standard = known.standard == .null ? "-" : known.standard.plain
    return "| `\(known.name)` | \(known.range) | \(standard) | \(reader) | \(known.summary) |"
  }

  @Test func `the page lists every hyperparameter as it is`() throws {
    let page = try page()
    for known in Hyperparameter.table {
      if case .unbuilt(_, let reason) = known.kind {
        #expect(page.contains("| `\(known.name)` | \(known.range) | \(reason) |"))
      } else {
        #expect(page.contains(Self.row(known)), "missing: \(Self.row(known))")
      }
    }
  }

  @Test func `the page names every metric`() throws {
    let page = try page()
    for metric in ImageClassificationTrainer.metrics { #expect(page.contains("`\(metric.name)`"), "\(metric.name)") }
  }
}
