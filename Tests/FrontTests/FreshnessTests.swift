import Front
import Testing

@Suite struct FreshnessTests {
    /// Midnight of some day.
    private static let day: Int64 = 20_000 * 86_400_000

    private static func make(now: Int64, folded: Int64, published: Int64, seconds: Int = 30) -> Freshness {
        Freshness(
            now: day + now,
            foldedAt: day + folded,
            publishedAt: day + published,
            publishSeconds: seconds
        )
    }

    @Test(
        arguments: [
            // now, folded and published in seconds of the day; then age, max-age and what may be shown beyond.
            (1000, 1000, 1000, 0, 30, 30), (1010, 1000, 1000, 10, 30, 30), (1010, 1000, 1005, 10, 35, 30),
            (1030, 1000, 1000, 30, 30, 30), (1031, 1000, 1000, 31, 31, 30),
            (5000, 1000, 1000, 4000, 4000, 30),
            // A clock that went back makes nothing older than it is, nor fresher than one interval.
            (1000, 2000, 2000, 0, 30, 30),
        ] as [(Int64, Int64, Int64, Int64, Int64, Int64)]
    )
    func `an answer is good until the next publish is due`(
        now: Int64,
        folded: Int64,
        published: Int64,
        age: Int64,
        maxAge: Int64,
        stale: Int64
    ) {
        let freshness = Self.make(now: now * 1000, folded: folded * 1000, published: published * 1000)
        #expect(freshness.age == age)
        #expect(freshness.maxAge == maxAge)
        #expect(freshness.staleWhileRevalidate == stale)
    }

    @Test(
        arguments: [
            (86_395, 86_390, 10, 0), (86_395, 86_300, 95, 5), (86_399, 86_399, 1, 0), (86_365, 86_365, 30, 5),
            (86_340, 86_340, 30, 30),
        ] as [(Int64, Int64, Int64, Int64)]
    )
    func `nothing is shown into another day`(now: Int64, published: Int64, maxAge: Int64, stale: Int64) {
        let freshness = Self.make(now: now * 1000, folded: published * 1000, published: published * 1000)
        #expect(freshness.maxAge == maxAge)
        #expect(freshness.staleWhileRevalidate == stale)
        #expect(now + (freshness.maxAge - freshness.age) + freshness.staleWhileRevalidate <= 86_400)
    }

    @Test func `the last change is never dated into a second that has not ended`() {
        #expect(Self.make(now: 10_999, folded: 0, published: 10_000).lastModified == Self.day / 1000 + 9)
        #expect(Self.make(now: 11_000, folded: 0, published: 10_000).lastModified == Self.day / 1000 + 10)
        #expect(Self.make(now: 99_000, folded: 0, published: 10_999).lastModified == Self.day / 1000 + 10)
    }

    @Test func `the header says it`() {
        #expect(
            Self.make(now: 10_000, folded: 3000, published: 10_000).cacheControl
                == "private, max-age=37, stale-while-revalidate=30"
        )
        #expect(
            Self.make(now: 86_399_000, folded: 86_399_000, published: 86_399_000).cacheControl
                == "private, max-age=1"
        )
        #expect(
            Self.make(now: 10_000, folded: 10_000, published: 10_000, seconds: 0).cacheControl
                == "private, max-age=0"
        )
    }
}
