import RLEditCore
import Testing

@Suite struct NearestNameTests {
    @Test(
        "The likeliest name is one that begins so, then a misspelling, then one that is a part of it",
        arguments: [
            ("acc", ["loss", "class_accuracy", "accuracy"], "accuracy"),
            ("acc", ["act", "accuracy"], "accuracy"), ("los", ["loss_of_all", "loss"], "loss"),
            ("Forg", ["retain", "forget"], "forget"), ("accuracy_score", ["loss", "accuracy"], "accuracy"),
            ("lerning_rate", ["learning_rates", "learning_rate"], "learning_rate"), ("evne", ["odd", "even"], "even"),
            ("ppo", ["CMAES", "PPO"], "PPO"), ("fc3", ["fc2", "conv1", "fc1"], "fc1"),
            ("lr", ["logits", "learning_rate"], "learning_rate"), ("setps", ["learning_rate", "steps"], "steps"),
            ("discount", ["learning_rate", "steps", "clip_range"], nil), ("nothing", ["rank", "scale"], nil),
            ("x", ["xylophone"], nil), ("same", ["same"], nil), ("", ["a"], nil), ("fc22", ["fc", "fc2"], "fc2"),
        ] as [(String, [String], String?)])
    func nearest(name: String, candidates: [String], expected: String?) {
        #expect(NearestName.of(name, among: candidates) == expected)
    }

    @Test("Only a typing error is a misspelling: not the beginning of a longer name")
    func misspelling() {
        #expect(NearestName.isMisspelling("rnk", of: "rank"))
        #expect(!NearestName.isMisspelling("labels", of: "labels_path"))
        #expect(!NearestName.isMisspelling("rank", of: "rank"))
    }

    @Test("Help names the likeliest and lists what there is, in its own order")
    func help() {
        #expect(
            NearestName.help(for: "acc", among: ["loss", "accuracy"], of: "metrics")
                == " (did you mean 'accuracy'?); metrics: loss, accuracy")
        #expect(NearestName.help(for: "q", among: ["loss", "accuracy"], of: "metrics") == "; metrics: loss, accuracy")
        #expect(NearestName.help(for: "q", among: [], of: "metrics").isEmpty)
    }

    @Test("Of many names the 20 nearest are listed, and how many more there are")
    func many() {
        let names = (1...50).map { "name\($0)" } + ["accuracy"]
        let list = NearestName.list(names, near: "acc")
        #expect(list.hasPrefix("accuracy, name1, name2, "))
        #expect(list.hasSuffix("name19 and 31 more"))
        #expect(NearestName.list(Array(names.prefix(20)), near: "acc").hasSuffix("name19, name20"))
    }
}
