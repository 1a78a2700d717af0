internal import Tracking

/// Makes children: simulated binary crossover and polynomial mutation on the unit cube, categories exchanged and drawn
/// anew.
///
/// Sources: Deb and Agrawal 1995; Deb et al. 2002, section V, with distribution indices of 20.
struct Variation: Sendable {
  private static let index = 20.0

  let cube: UnitCube
  private let places: [String: Int]

  init(_ cube: UnitCube) {
    self.cube = cube
    places = Dictionary(uniqueKeysWithValues: cube.dimensions.enumerated().map { ($1.parameter.name, $0) })
  }

  /// Returns a child of two configurations. A parameter that no parent has is drawn.
  func child(
    of first: [Parameter], and second: [Parameter], _ randomness: ProposalRandomness, crossover: Double
  ) -> [Parameter] {
    let (a, b) = (cube.point(of: first), cube.point(of: second))
    let isCrossed = randomness.unit("nsga2 crossover") < crossover
    var existing = 0
    for (left, right) in zip(a, b) where left != nil || right != nil { existing += 1 }
    let rate = 1 / Double(max(1, existing))
    return cube.space.configuration { parameter in
      let name = parameter.name
      guard let place = places[name] else { return parameter.domain.value(at: 0.5) }
      guard let left = a[place] ?? b[place], let right = b[place] ?? a[place] else {
        return parameter.domain.value(at: randomness.unit(name))
      }
      var isCategorical = false
      if case .categorical = cube.dimensions[place].kind { isCategorical = true }
      var u = left
      if isCrossed {
        let exchange = randomness.unit("nsga2 exchange " + name)
        if isCategorical {
          u = exchange < 0.5 ? left : right
        } else if randomness.unit("nsga2 blend " + name) < 0.5 {
          u = Variation.blended(left, right, randomness.unit("nsga2 spread " + name), towardsFirst: exchange < 0.5)
        } else {
          u = exchange < 0.5 ? left : right
        }
      }
      if randomness.unit("nsga2 mutation " + name) < rate {
        let unit = randomness.unit(name)
        u = isCategorical ? unit : Variation.mutated(u, unit)
      }
      return parameter.domain.value(at: min(max(u, 0), 1 - 0x1p-53))
    }
  }

  // One of the two children of simulated binary crossover.
  private static func blended(_ a: Double, _ b: Double, _ u: Double, towardsFirst: Bool) -> Double {
    let power = 1 / (index + 1)
    let spread =
      u <= 0.5
      ? PortableMath.power(max(2 * u, 1e-300), power) : PortableMath.power(1 / max(2 * (1 - u), 1e-300), power)
    let sign = towardsFirst ? 1.0 : -1.0
    return min(max(0.5 * ((1 + sign * spread) * a + (1 - sign * spread) * b), 0), 1)
  }

  // Polynomial mutation that never leaves [0, 1] (Deb's bounded form).
  private static func mutated(_ x: Double, _ u: Double) -> Double {
    let power = 1 / (index + 1)
    if u < 0.5 {
      let base = 2 * u + (1 - 2 * u) * PortableMath.power(max(1 - x, 1e-300), index + 1)
      return x + PortableMath.power(max(base, 1e-300), power) - 1
    }
    let base = 2 * (1 - u) + (2 * u - 1) * PortableMath.power(max(x, 1e-300), index + 1)
    return x + 1 - PortableMath.power(max(base, 1e-300), power)
  }
}
