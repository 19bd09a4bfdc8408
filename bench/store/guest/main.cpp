// Reads keys of XenStore one by one and pipelined. Usage: store REQUESTS KEYS...

#include "../../support/stopwatch.hpp"
#include "../reads.hpp"

#include <cstdlib>

namespace {

using namespace lodger;
using Reads = bench::Reads<Guest>;

Result<> measure(
    Reads& reads, Result<> (Reads::*read)(std::size_t), char const* way, std::size_t keys,
    std::size_t requests)
{
    LODGER_TRY((reads.*read)(keys)); // warms up
    bench::Stopwatch const stopwatch;
    for (std::size_t done = 0; done < requests; done += keys)
        LODGER_TRY((reads.*read)(keys));
    std::string const name = "store/" + std::to_string(keys) + "/" + way;
    stopwatch.report(name.c_str(), requests);
    return {};
}

Result<> run(std::size_t requests, std::span<char*> numbers)
{
    Store* const store = LODGER_TRY(runtime::xenstore());
    Reads reads{*store, "data"};
    LODGER_TRY(reads.write_keys());
    for (char const* const number : numbers) {
        std::size_t const keys = std::strtoul(number, nullptr, 10);
        LODGER_TRY(measure(reads, &Reads::one_by_one, "one-by-one", keys, requests));
        LODGER_TRY(measure(reads, &Reads::pipelined, "pipelined", keys, requests));
    }
    return {};
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 3)
        return 2;
    auto const ran =
        run(std::strtoul(argv[1], nullptr, 10), {argv + 2, static_cast<std::size_t>(argc - 2)});
    if (!ran)
        std::printf("Failed: %s\n", describe(ran.error()).data());
    return ran ? 0 : 1;
}
