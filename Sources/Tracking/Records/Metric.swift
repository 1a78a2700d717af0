/// One point of a metric series.
public struct MetricPoint: Sendable {
  /// The step: an update, an epoch, whatever the script counts.
  public var step: Int64
  /// When it was logged.
  public var time: Timestamp
  /// The value; every bit pattern is kept, NaN payloads too.
  public var value: Double

  /// Makes a point.
  public init(step: Int64, time: Timestamp, value: Double) {
    self.step = step
    self.time = time
    self.value = value
  }
}

extension MetricPoint {
  /// Whether this point counts rather than another, as the latest of a series: by step, then time, then value, of which
  /// NaN is the smallest.
  public func isLater(than other: MetricPoint) -> Bool {
    if step != other.step { return step > other.step }
    if time != other.time { return time > other.time }
    return value.isNaN ? false : other.value.isNaN || value > other.value
  }
}

extension MetricPoint: Hashable {
  /// Compares step, time and the bits of the value: a NaN equals itself, -0 is not 0.
  public static func == (left: MetricPoint, right: MetricPoint) -> Bool {
    left.step == right.step && left.time == right.time && left.value.bitPattern == right.value.bitPattern
  }

  /// Hashes what is compared.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(step)
    hasher.combine(time)
    hasher.combine(value.bitPattern)
  }
}

/// Points of one series as columns of equal length, in the order in which they were logged.
public struct MetricColumns: Sendable {
  /// The metric's name.
  public var name: String
  /// Steps, `[points]`.
  public var steps: [Int64]
  /// Times in milliseconds since 1970 UTC, `[points]`.
  public var times: [Int64]
  /// Values, `[points]`.
  public var values: [Double]

  /// Makes columns. They must be equally long.
  public init(name: String, steps: [Int64] = [], times: [Int64] = [], values: [Double] = []) {
    precondition(steps.count == times.count && times.count == values.count, "columns differ in length")
    self.name = name
    self.steps = steps
    self.times = times
    self.values = values
  }

  /// How many points these are.
  public var count: Int { values.count }

  /// Appends a point.
  public mutating func append(_ point: MetricPoint) {
    steps.append(point.step)
    times.append(point.time.milliseconds)
    values.append(point.value)
  }

  /// The point at a place, from 0.
  public subscript(index: Int) -> MetricPoint {
    MetricPoint(step: steps[index], time: Timestamp(milliseconds: times[index]), value: values[index])
  }
}

/// What is known of a series without reading its points.
public struct SeriesSummary: Sendable, Equatable {
  /// The metric's name.
  public var name: String
  /// The attempt that the series belongs to, from 1.
  public var attempt: Int
  /// How many points it has, at least 1.
  public var count: Int
  /// The point logged last.
  public var last: MetricPoint
  /// The latest point, as MLflow says it: of largest step, then time, then value (NaN is smallest). What filters and
  /// orders of runs go by. It differs from `last` where points were not logged in the order of their steps.
  public var latest: MetricPoint
  /// The largest step logged.
  public var largestStep: Int64
  /// The first point with the smallest finite value; nil when no value is finite.
  public var minimum: MetricPoint?
  /// The first point with the largest finite value; nil when no value is finite.
  public var maximum: MetricPoint?

  /// Makes a summary of all its fields.
  ///
  /// - Parameter latest: nil where it is the last.
  public init(
    name: String, attempt: Int, count: Int, last: MetricPoint, latest: MetricPoint? = nil, largestStep: Int64,
    minimum: MetricPoint?, maximum: MetricPoint?
  ) {
    self.name = name
    self.attempt = attempt
    self.count = count
    self.last = last
    self.latest = latest ?? last
    self.largestStep = largestStep
    self.minimum = minimum
    self.maximum = maximum
  }

  /// The best point for a goal; nil when no value is finite.
  public func best(_ goal: Goal) -> MetricPoint? { goal == .maximize ? maximum : minimum }
}

/// Which way an objective is better.
public enum Goal: String, Sendable, CaseIterable {
  /// Smaller is better.
  case minimize
  /// Larger is better.
  case maximize

  /// Returns whether one value is better than another; NaN is never better, and worse than every number.
  public func isBetter(_ value: Double, than other: Double) -> Bool {
    if value.isNaN { return false }
    if other.isNaN { return true }
    return self == .maximize ? value > other : value < other
  }
}
