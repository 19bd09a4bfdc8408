/// The cases of tests/xenstored in a guest, on the daemon that serves it.
///
///     store-cases DAEMON [NAME]      all cases, or one; DAEMON says which differences are known

#include "differences.hpp"
#include "guest_store.hpp"
#include <lodger/tests/xenstored/cases/all.hpp>

#include <cinttypes>
#include <cstdio>

namespace {

using namespace lodger;
using store_cases_guest::GuestStore;
using Case = store_cases::Case<GuestStore>;

struct Score {
    unsigned passed = 0;
    unsigned failed = 0;
    unsigned different = 0;
    unsigned skipped = 0;
};

/// @param why in words, or empty
void print(char const* verdict, std::string_view name, std::string_view why)
{
    std::printf(
        "%-8s %.*s%s%.*s\n", verdict, static_cast<int>(name.size()), name.data(),
        why.empty() ? "" : ": ", static_cast<int>(why.size()), why.data());
}

void run(Case const& one, GuestStore& store, Store& client, std::string_view daemon, Score& score)
{
    if (auto const lacking = store_cases::unmet(one.needs, client, false); !lacking.empty()) {
        print("skip", one.name, "needs " + std::string{lacking});
        ++score.skipped;
        return;
    }
    auto const why = store_cases_guest::known_difference(daemon, one.name);
    Instant const start = guest().now();
    bool const passes = one.run(store, client).has_value();
    auto const time = std::chrono::duration_cast<std::chrono::milliseconds>(guest().now() - start);
    if (passes == why.empty()) {
        print(
            passes ? "ok" : "differs", one.name,
            passes ? std::to_string(time.count()) + " ms" : std::string{why});
        ++(passes ? score.passed : score.different);
    } else {
        print("FAIL", one.name, passes ? "is known to differ, but does not" : "");
        ++score.failed;
    }
    if (!store.tidy_up()) {
        print("FAIL", one.name, "leaves what cannot be tidied up");
        ++score.failed;
    }
}

Result<Score> run_all(std::string_view daemon, std::string_view only)
{
    Store& client = *LODGER_TRY(runtime::xenstore());
    Domain const self = LODGER_TRY(client.read<Domain>("domid"));
    std::printf(
        "domain %u, features of the daemon 0x%" PRIx32 "\n", self.value,
        client.connection().server_features());
    GuestStore store{client, self};
    Score score;
    for (Case const& one : store_cases::all<GuestStore>) {
        if (only.empty() || one.name == only)
            run(one, store, client, daemon, score);
    }
    return score;
}

} // namespace

int main(int argc, char** argv)
{
    auto const score = run_all(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "");
    if (!score)
        std::printf("Failed: %s\n", describe(score.error()).data());
    else
        std::printf(
            "store-cases: %u passed, %u failed, %u differ, %u skipped\n", score->passed,
            score->failed, score->different, score->skipped);
    bool const good = score && score->failed == 0 && score->passed > 0;
    std::printf("Test result: %s\n", good ? "SUCCESS" : "FAILURE");
    return good ? 0 : 1;
}
