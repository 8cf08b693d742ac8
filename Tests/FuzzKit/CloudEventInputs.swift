package import TestKit

/// Makes what producers might send as one CloudEvent.
package enum CloudEventInputs {
    private static let ids = [#""e1""#, #""\u0065""#, #""""#, "7", "null"]
    private static let sources = [#""//game""#, #""s""#, "null", "12.5", #"["a.b"]"#]
    private static let types = [
        #""userLoggedIn""#, #""com.game.statItemUpdated""#, #""com.game.userLoggedIn""#,
        #""a.b.rewardClaimRequested""#,
        #""com.game.rewardDelivered""#, #""x.""#, #""\.userLoggedIn""#, #"[1.userLoggedIn","b":["x\""]"#,
        "1.5",
        #"{"a":"b.userLoggedIn"}"#, #""com.gamé.userLoggedIn""#,
    ]
    private static let times = [
        #""2025-12-01T00:00:00Z""#, #""2025-12-01T00:00:00.123456789+05:30""#, "null", #""""#,
        #""yesterday""#,
    ]
    private static let data = [
        #"{"statCode":"k","latestValue":1.50,"inc":-2}"#, #"{"challengeId":"c","goalId":"g"}"#, "{}", "null",
        #"{"claimEventId":"c"}"#, #"{"statCode":"k","latestValue":1e400}"#, #"[{]"#,
        "{\"statCode\" :\n\"k\",\r\n\"latestValue\":\t7}",
    ]
    private static let others = [
        #""datacontenttype":"application/json""#, #""traceparent":"00-ab""#, #""namespace":"other""#,
        #""namespace":"goalpost-test""#, #""data_base64":"eA==""#, #""x":[1,{"y":"}]"}]"#, #""userId":"u2""#,
        #""name":"userLoggedIn""#, #""payload":{}"#, #""specversion":"0.3""#,
    ]

    /// A CloudEvent, mostly a good one.
    package static func good(_ random: inout SplitMix64) -> [UInt8] {
        // The first ones of each list are the good ones.
        func pick(_ list: [String], _ random: inout SplitMix64) -> String {
            random.oneIn(8) ? random.pick(list) : list[random.number(0...1)]
        }
        var members = [
            #""specversion":"1.0""#, #""id":\#(pick(ids, &random))"#, #""source":\#(pick(sources, &random))"#,
            #""type":\#(pick(types, &random))"#, #""subject":"u\#(random.number(0...99))""#,
            #""data":\#(data[random.oneIn(8) ? random.number(0...data.count - 1) : 0])"#,
        ]
        if random.oneIn(2) { members.append(#""time":\#(pick(times, &random))"#) }
        if random.oneIn(4) { members.append(random.pick(others)) }
        if random.oneIn(3) { members.shuffle(using: &random) }
        let space = random.oneIn(4) ? random.pick([" ", "\n", "\r\n", "\t"]) : ""
        return Array(("{" + space + members.joined(separator: space + "," + space) + space + "}").utf8)
    }

    /// A CloudEvent, one that was spoiled, or something else.
    package static func any(_ random: inout SplitMix64) -> [UInt8] {
        switch random.number(0...19) {
        case 0...4: good(&random)
        case 5: Mangler.noise(&random)
        case 6: Mangler.soup(&random)
        default: Mangler.mangled(good(&random), with: good(&random), &random)
        }
    }
}
