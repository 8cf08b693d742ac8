/// One goal of the sample configuration.
struct SampleGoal: Sendable {
    /// What counts for the goal.
    enum Kind: Sendable {
        case absolute, increment, incrementByDay, daily

        /// The words of `type` and `daily` in challenges.json.
        var fields: String {
            switch self {
            case .absolute: #""type":"absolute","#
            case .increment: #""type":"increment","#
            case .incrementByDay: #""type":"increment","daily":true,"#
            case .daily: #""type":"daily","#
            }
        }
    }

    let id: String
    let challengeId: String
    let name: String
    let description: String
    let kind: Kind
    let isLogin: Bool
    let isDefault: Bool
    /// Index into the world's stat codes; without meaning for login goals.
    let stat: Int
    let target: Int
    let reward: (type: String, id: String, quantity: Int)
    /// Goal ids.
    let prerequisites: [String]
}
