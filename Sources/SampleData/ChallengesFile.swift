extension SampleWorld {
    /// The world's challenges.json: camelCase keys, one goal a line, a newline at the end.
    ///
    /// No text in it needs escaping, since all words of the sample world are plain ASCII.
    package func challengesJSON() -> [UInt8] {
        var text = #"{"challenges":["#
        for (number, challenge) in challenges.enumerated() {
            text += number == 0 ? "\n" : ",\n"
            text += #"{"challengeId":"\#(challenge.id)","name":"\#(challenge.name)","#
            text += #""description":"\#(challenge.description)","goals":["#
            for index in challenge.goals {
                text += index == challenge.goals.lowerBound ? "\n" : ",\n"
                text += "  " + Self.json(goals[index])
            }
            text += "\n]}"
        }
        text += "\n]}\n"
        return Array(text.utf8)
    }

    private static func json(_ goal: SampleGoal) -> String {
        let source = goal.isLogin ? "login" : "statistic"
        let statCode = goal.isLogin ? "login" : SampleWords.statCodes[goal.stat]
        let prerequisites = goal.prerequisites.map { "\"\($0)\"" }.joined(separator: ",")
        return #"{"goalId":"\#(goal.id)","name":"\#(goal.name)","description":"\#(goal.description)","#
            + goal.kind.fields
            + #""eventSource":"\#(source)","defaultAssigned":\#(goal.isDefault),"#
            + #""requirement":{"statCode":"\#(statCode)","operator":">=","targetValue":\#(goal.target)},"#
            + #""reward":{"type":"\#(goal.reward.type)","rewardId":"\#(goal.reward.id)","#
            + #""quantity":\#(goal.reward.quantity)},"prerequisites":[\#(prerequisites)]}"#
    }
}
