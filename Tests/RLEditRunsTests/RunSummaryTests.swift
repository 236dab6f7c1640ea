import RLEditCore
import RLEditRuns
import Testing

@Suite("Run summary")
struct RunSummaryTests {
    @Test("The object of --json has the documented shape")
    func shape() {
        #expect(
            SampleRun.summary().json.text == """
                {"task":"unlearn-7","run":"runs/unlearn-7-20260131-235320","world":"MaskWorld","learner":"PPO",\
                "seconds":2.4,"data":{"name":"mnist","hash":"c3\(String(repeating: "0", count: 62))"},\
                "seeds":[{"seed":0,"evaluations":8192,"evaluations_to_target":1216,\
                "heldout":{"forget":{"before":{"accuracy":0.98,"loss":0.06},"mean_policy":{"accuracy":0.0,"loss":9.1},\
                "best_seen":{"accuracy":0.0,"loss":8.7}},\
                "retain":{"before":{"accuracy":0.98,"loss":0.07},"mean_policy":{"accuracy":0.97,"loss":0.11},\
                "best_seen":{"accuracy":0.97,"loss":0.12}}}}],\
                "summary":{"forget.accuracy.before":{"mean":0.98,"sd":0.0},\
                "forget.accuracy.mean_policy":{"mean":0.0,"sd":0.0},"forget.accuracy.best_seen":{"mean":0.0,"sd":0.0},\
                "forget.loss.before":{"mean":0.06,"sd":0.0},"forget.loss.mean_policy":{"mean":9.1,"sd":0.0},\
                "forget.loss.best_seen":{"mean":8.7,"sd":0.0},"retain.accuracy.before":{"mean":0.98,"sd":0.0},\
                "retain.accuracy.mean_policy":{"mean":0.97,"sd":0.0},"retain.accuracy.best_seen":{"mean":0.97,"sd":0.0},\
                "retain.loss.before":{"mean":0.07,"sd":0.0},"retain.loss.mean_policy":{"mean":0.11,"sd":0.0},\
                "retain.loss.best_seen":{"mean":0.12,"sd":0.0}}}
                """)
    }

    @Test("A learner without a mean policy leaves it out everywhere; no target and no data too")
    func withoutMeanPolicy() {
        var summary = SampleRun.summary(hasMeanPolicy: false)
        summary.data = nil
        summary.seeds[0].evaluationsToTarget = nil
        let text = summary.json.text
        #expect(!text.contains("mean_policy") && !text.contains("\"data\""))
        #expect(text.contains("\"evaluations_to_target\":null"))
    }

    @Test("The spread over seeds is the population standard deviation")
    func spread() throws {
        let summary = SampleRun.summary(seeds: [0, 1, 2, 3])
        let retain = try #require(summary.json["summary"]?["retain.accuracy.mean_policy"])
        // 0.97, 0.971, 0.972, 0.973: mean 0.9715, variance (2·1.5² + 2·0.5²)/4 · 1e-6 = 1.25e-6
        #expect(abs((retain["mean"]?.double ?? 0) - 0.9715) < 1e-12)
        #expect(abs((retain["sd"]?.double ?? 0) - 1.118033988749895e-3) < 1e-12)
    }

    @Test("A number that is not finite is null, and makes its mean null")
    func notFinite() {
        var summary = SampleRun.summary(seeds: [0, 1])
        summary.seeds[1].heldOut[0][.bestSeen] = [.init("accuracy", .nan)]
        #expect(summary.json["summary"]?["forget.accuracy.best_seen"]?["mean"]?.double?.isNaN == true)
        #expect(summary.json.text.contains("\"forget.accuracy.best_seen\":{\"mean\":null,\"sd\":null}"))
    }

    @Test("Models to compare with are beside the run's own results, with what they cost")
    func compared() throws {
        let summary = SampleRun.comparison(models: 2, seeds: [0, 1])
        #expect(summary.comparedStages.map(\.name) == ["method_1", "method_2"])
        #expect(summary.json["summary"]?["retain.accuracy.method_2"]?["mean"]?.double == 0.92)
        #expect(summary.json["seeds"]?.array?.first?["costs"]?["method_2"]?["kfe"]?.double == 20)
        #expect(try RunSummary(json: JSONValue(parsing: summary.detailedJSON.text)) == summary)
    }

    @Test("groups, their thresholds and models to compare with are in the object, and undefined measures are null")
    func groups() throws {
        let summary = SampleRun.biasSummary()
        let seed = try #require(summary.json["seeds"]?.array?.first)
        #expect(seed["threshold_sets"]?["identity"]?.string == "identity")
        #expect(
            seed["groups"]?.array?.last?.text == """
                {"set":"identity","group":"elderly <aunt>","examples":40,\
                "before":{"false_positive_rate":null,"false_negative_rate":0.2,"auc":null,"bpsn_auc":null,"bnsp_auc":0.7},\
                "mean_policy":{"false_positive_rate":null,"false_negative_rate":0.1,"auc":null,"bpsn_auc":null,\
                "bnsp_auc":0.8},"threshold":{"false_positive_rate":null,"false_negative_rate":0.3,"auc":null,\
                "bpsn_auc":null,"bnsp_auc":0.6}}
                """)
        #expect(summary.stages.map(\.title) == ["before", "mean policy", "threshold"])
        #expect(summary.json["summary"]?["identity.fped.threshold"]?["mean"]?.double == 0.5)
        let again = try RunSummary(json: JSONValue(parsing: summary.detailedJSON.text))
        // NaN differs from itself; the text does not.
        #expect(again?.detailedJSON.text == summary.detailedJSON.text)
        #expect(ResultTable.text(summary).contains("final_auc"))
    }

    @Test("summary.json reads back equal")
    func roundTrip() throws {
        for summary in [SampleRun.summary(seeds: [0, 1]), SampleRun.summary(hasMeanPolicy: false)] {
            #expect(try RunSummary(json: JSONValue(parsing: summary.detailedJSON.text)) == summary)
        }
    }
}
