#include <lodger/tests/xenstored/cases/all.hpp>
#include <lodger/tests/xenstored/real_store.hpp>
#include <lodger/tests/xenstored/register_cases.hpp>

namespace lodger::host {
namespace {

using Case = store_cases::Case<RealStore>;

void run(Case const& one)
{
    RealStore store;
    Result<> outcome = Failure{Errc::unknown};
    store.threads().spawn([&] { outcome = store_cases::run_case(store, one); });
    store.threads().run();
    REQUIRE(outcome.has_value());
}

bool const registered = [] {
    for (Case const& one : store_cases::all<RealStore>)
        Registered::add(one.name, [&one] { run(one); });
    return true;
}();

} // namespace
} // namespace lodger::host
