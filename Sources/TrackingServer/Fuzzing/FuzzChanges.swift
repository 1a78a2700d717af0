/// Arguments of the tracking API's own calls (`docs/design/wire.md`).
enum FuzzChanges {
  private static let changes = [
    "{\"create_run\":{\"experiment\":\"e1\",\"id\":\"NEW\",\"kind\":\"KIND\",\"state\":\"STATE\",\"parameters\":[{\"name\":\"lr\",\"value\":0.1}],\"tags\":{\"a\":\"b\"}}}",
    "{\"create_run\":{\"experiment\":\"e1\",\"id\":\"NEW\",\"kind\":\"trial\",\"number\":NUMBER,\"parent\":\"RUN\",\"state\":\"STATE\"}}",
    "{\"transition\":{\"reason\":\"r\",\"run\":\"RUN\",\"to\":\"STATE\"}}",
    "{\"set_parameter\":{\"parameter\":{\"name\":\"lr\",\"value\":{\"$bits\":\"fff0000000000000\"}},\"run\":\"RUN\"}}",
    "{\"set_tag\":{\"name\":\"a\",\"run\":\"RUN\",\"value\":\"b\"}}", "{\"set_tag\":{\"name\":\"a\",\"run\":\"RUN\"}}",
    "{\"set_note\":{\"note\":\"n\",\"run\":\"RUN\"}}", "{\"set_name\":{\"name\":\"n\",\"run\":\"RUN\"}}",
    "{\"decide\":{\"as_of\":NUMBER,\"decider\":\"random\",\"details\":{},\"event\":NUMBER,\"kind\":\"propose\",\"reason\":\"d\",\"sweep\":\"RUN\",\"time\":NUMBER,\"trial\":NUMBER}}",
    "{\"begin_attempt\":{\"continues\":true,\"launcher\":\"local\",\"number\":NUMBER,\"run\":\"RUN\"}}",
    "{\"end_attempt\":{\"detail\":\"d\",\"number\":NUMBER,\"outcome\":\"exited:1\",\"run\":\"RUN\"}}",
    "{\"observe\":{\"count\":NUMBER,\"run\":\"RUN\"}}", "{\"allow\":{\"points\":NUMBER,\"run\":\"RUN\"}}",
    "{\"attach\":{\"bytes\":10,\"content_bytes\":20,\"digest\":\"ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73\",\"files\":1,\"name\":\"a\",\"run\":\"RUN\",\"time\":NUMBER}}",
    "{\"detach\":{\"artifact\":\"a\",\"run\":\"RUN\"}}", "{\"set_times\":{\"run\":\"RUN\",\"started\":NUMBER}}",
    "{\"delete\":{\"run\":\"RUN\"}}", "{\"restore\":{\"run\":\"RUN\"}}", "{\"fly\":{\"run\":\"RUN\"}}",
    "{\"add_outputs\":{\"outputs\":[{\"model\":\"m-1\",\"step\":NUMBER}],\"run\":\"RUN\"}}",
    "{\"declare_sweep\":{\"run\":\"RUN\",\"source\":\"s\",\"spec\":{\"experiment\":\"e1\",\"objective\":{\"goal\":\"maximize\",\"primary_metric\":\"m\"},\"limits\":{\"max_total_trials\":NUMBER},\"search_space\":[],\"strategy\":{\"name\":\"random\"},\"trial\":{}}}}",
  ]
  private static let queries = [
    "{\"limit\":NUMBER}", "{}", "{\"limit\":2,\"order\":[{\"field\":\"attribute.id\"}]}",
    "{\"parent\":\"RUN\",\"limit\":NUMBER}",
    "{\"experiments\":[\"e1\"],\"stage\":\"all\",\"limit\":5,\"page_token\":\"abc\"}", "{\"filter\":[{}]}",
    "{\"states\":[\"STATE\"]}",
  ]

  static func changes(_ random: inout FuzzRandom, _ known: FuzzBodies.Known) -> String {
    "[" + (0..<random.below(4)).map { _ in filled(random.pick(changes), &random, known) }.joined(separator: ",") + "]"
  }

  static func query(_ random: inout FuzzRandom, _ known: FuzzBodies.Known) -> String {
    filled(random.pick(queries), &random, known)
  }

  static func points(_ random: inout FuzzRandom, _ known: FuzzBodies.Known) -> String {
    filled("{\"run\":\"RUN\",\"series\":[\(series(&random))]}", &random, known)
  }

  static func series(_ random: inout FuzzRandom) -> String {
    let count = random.pick(["4", "4", "4", "0", "-1", "9223372036854775807", "5"])
    let times = random.pick(["gKCr/vlit56r/vliAdOkq/75Yg==", "", "AAAA", "////////////////", "="])
    return "{\"count\":\(count),\"name\":\"m\",\"steps\":\"AAIABA==\",\"times\":\"\(times)\","
      + "\"values\":\"AAAAAAAA4D8AAAAAAAAAgAAAAAAAAPB/NBIAAAAA+H8=\"}"
  }

  private static func filled(_ text: String, _ random: inout FuzzRandom, _ known: FuzzBodies.Known) -> String {
    var out = ""
    var rest = text[...]
    while let place = rest.firstIndex(where: { $0.isUppercase }) {
      out += rest[..<place]
      let word = rest[place...].prefix { $0.isUppercase }
      rest = rest[word.endIndex...]
      switch word {
      case "RUN": out += random.pick(known.runs)
      case "NEW": out += "new\(known.number)"
      case "KIND": out += random.pick(["run", "trial", "hyperdrive", "x"])
      case "STATE":
        out += random.pick([
          "scheduled", "queued", "running", "finished", "failed", "canceled", "pruned", "paused", "x",
        ])
      case "NUMBER":
        out += random.pick(["0", "1", "2", "-1", "100", "9223372036854775807", "-9223372036854775808", "1.5"])
      default: out += word
      }
    }
    return out + rest
  }
}
