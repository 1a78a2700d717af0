extension UnitCube {
  /// Where the values of a dimension lie on the unit interval, worked out once.
  enum Cells: Sendable {
    /// A continuum.
    case continuum(Domain)
    /// Cells of equal width, with their values; `own[i]` is the first cell with the same value.
    case equal(values: [Value], own: [Int])
    /// Cells of different width: where each ends, and its middle.
    case unequal(values: [Value], ends: [Double], middles: [Double])
    /// Equally likely whole numbers, too many for a table.
    case wholes(Domain, count: Int)
    /// Too many for a table: asked of the domain each time.
    case many(Domain, values: Int)

    private static let tableLimit = 4096

    init(of domain: Domain) {
      if let values = domain.categories {
        self = .equal(values: values, own: values.map { value in values.firstIndex { $0.matches(value) } ?? 0 })
        return
      }
      guard let count = domain.cardinality, domain.unitKind != .real else {
        self = .continuum(domain)
        return
      }
      if domain.isEvenlySpread {
        if count <= Cells.tableLimit, let values = domain.allValues {
          self = .equal(values: values, own: Array(values.indices))
        } else {
          self = .wholes(domain, count: count)
        }
        return
      }
      guard count <= Cells.tableLimit, let values = domain.allValues else {
        self = .many(domain, values: count)
        return
      }
      let ends = values.map { domain.quantiles(of: $0).upper }
      self = .unequal(values: values, ends: ends, middles: values.map { domain.position(of: $0) })
    }

    var count: Int? {
      switch self {
      case .continuum: nil
      case .equal(let values, _): values.count
      case .unequal(let values, _, _): values.count
      case .wholes(_, let count), .many(_, let count): count
      }
    }

    func cell(at u: Double) -> Int? {
      switch self {
      case .continuum: return nil
      case .equal(_, let own): return own[Cells.equal(u, own.count)]
      case .wholes(_, let count): return Cells.equal(u, count)
      case .unequal(_, let ends, _): return Cells.first(u, ends)
      case .many(let domain, let count):
        // The values are evenly spaced, so a value's index is its distance from the first.
        guard let x = domain.value(at: Cells.inside(u)).number, let low = domain.value(at: 0).number,
          let high = domain.value(at: 1).number
        else { return 0 }
        let index = ((x - low) / (high - low) * Double(count - 1)).rounded()
        return min(max(Int(index), 0), count - 1)
      }
    }

    func middle(at u: Double) -> Double {
      switch self {
      case .continuum: Cells.inside(u)
      case .equal(_, let own): (Double(own[Cells.equal(u, own.count)]) + 0.5) / Double(own.count)
      case .wholes(_, let count): (Double(Cells.equal(u, count)) + 0.5) / Double(count)
      case .unequal(_, let ends, let middles): middles[Cells.first(u, ends)]
      case .many(let domain, _): domain.position(of: domain.value(at: Cells.inside(u)))
      }
    }

    func middle(ofCell cell: Int) -> Double {
      switch self {
      case .continuum: return 0.5
      case .equal(_, let own): return (Double(cell) + 0.5) / Double(own.count)
      case .wholes(_, let count): return (Double(cell) + 0.5) / Double(count)
      case .unequal(_, _, let middles): return middles[cell]
      case .many(let domain, let count):
        guard let low = domain.value(at: 0).number, let high = domain.value(at: 1).number else { return 0.5 }
        return domain.position(of: .real(low + (high - low) * Double(cell) / Double(count - 1)))
      }
    }

    /// Returns whether no earlier cell has the same value.
    func isOwn(_ cell: Int) -> Bool {
      if case .equal(_, let own) = self { return own[cell] == cell }
      return true
    }

    func value(at u: Double) -> Value {
      switch self {
      case .equal(let values, let own): values[own[Cells.equal(u, own.count)]]
      case .unequal(let values, let ends, _): values[Cells.first(u, ends)]
      case .continuum(let domain), .wholes(let domain, _), .many(let domain, _): domain.value(at: Cells.inside(u))
      }
    }

    static func inside(_ u: Double) -> Double { u.isNaN ? 0.5 : min(max(u, 0), 1) }

    private static func equal(_ u: Double, _ count: Int) -> Int {
      min(Int(inside(u) * Double(count)), count - 1)
    }

    // The first cell that ends above a place.
    private static func first(_ u: Double, _ ends: [Double]) -> Int {
      var (low, high) = (0, ends.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if u < ends[middle] { high = middle } else { low = middle + 1 }
      }
      return low
    }
  }
}

extension Domain {
  /// True for stepped numbers that are equally likely.
  fileprivate var isEvenlySpread: Bool {
    switch self {
    case .integer(_, _, .linear), .steppedInteger(_, _, _, .linear), .stepped(_, _, _, .linear): true
    default: false
    }
  }
}
