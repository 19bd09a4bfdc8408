#include "reads.hpp"
#include <lodger/tests/xenstored/host_domain.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

extern "C" {
#include <xenstore.h>
}

// Reads of 1, 10 and 100 keys, by our client one by one and pipelined, and by Xen's libxenstore,
// from the same daemon in turns. Usage: store JSON-FILE

namespace lodger::bench {
namespace {

constexpr int rounds = 15;
constexpr std::size_t reads_per_round = 4000;

/// How a way of reading did.
struct Figures {
    std::vector<double> rates{}; ///< requests a second, one of each round
    std::size_t requests = 0;
    std::size_t round_trips = 0;

    double rate() const
    {
        auto sorted = rates;
        std::ranges::sort(sorted);
        return sorted[sorted.size() / 2];
    }
    double round_trips_per(std::size_t keys) const
    {
        return double(round_trips) * double(keys) / double(requests);
    }
};

struct Row {
    std::size_t keys;
    Figures theirs;
    Figures one_by_one;
    Figures pipelined;
};

class Bench {
public:
    Bench()
    {
        machine_.introduce(guest_);
        machine_.idle = [this](Deadline deadline) {
            ++waits_;
            machine_.sleep(deadline);
        };
        for (std::size_t i = 0; i < Reads<host::HostDomain>::most_keys; ++i)
            machine_.daemon().write(reads_.name(i), reads_.value(i));
        setenv("XENSTORED_PATH", (machine_.folder() + "/socket").c_str(), 1);
        theirs_ = xs_open(0);
        must(theirs_ && client_.start());
    }
    Bench(Bench const&) = delete;
    Bench& operator=(Bench const&) = delete;
    ~Bench() { xs_close(theirs_); }

    Row measure(std::size_t keys)
    {
        Row row{.keys = keys, .theirs = {}, .one_by_one = {}, .pipelined = {}};
        for (int round = 0; round < rounds; ++round) {
            run(row.theirs, keys, [&] { read_with_libxenstore(keys); });
            run(row.one_by_one, keys, [&] { must(reads_.one_by_one(keys).has_value()); });
            run(row.pipelined, keys, [&] { must(reads_.pipelined(keys).has_value()); });
        }
        return row;
    }

private:
    template <class Body>
    void run(Figures& figures, std::size_t keys, Body body)
    {
        body(); // warms up
        waits_ = 0;
        std::size_t const repeats = reads_per_round / keys;
        Instant const before = guest_.now();
        for (std::size_t i = 0; i < repeats; ++i)
            body();
        std::chrono::duration<double> const took = guest_.now() - before;
        figures.rates.push_back(double(repeats * keys) / took.count());
        figures.requests += repeats * keys;
        figures.round_trips += waits_;
    }

    void read_with_libxenstore(std::size_t keys)
    {
        for (std::size_t i = 0; i < keys; ++i) {
            unsigned size;
            void* const value = xs_read(theirs_, XBT_NULL, reads_.name(i).c_str(), &size);
            must(value && size == 5);
            std::free(value);
            ++waits_; // it writes, then blocks in read
        }
    }

    static void must(bool holds)
    {
        if (!holds)
            throw std::runtime_error{"xenstored does not do as it should"};
    }

    host::Machine machine_;
    host::HostDomain& guest_ = machine_.add_domain(Domain{5});
    store::Client<host::HostDomain> client_{guest_, guest_.store_page(), guest_.store_port()};
    Reads<host::HostDomain> reads_{client_, "/local/domain/5/data"};
    xs_handle* theirs_ = nullptr;
    std::size_t waits_ = 0;
};

void print(Row const& row)
{
    auto const line = [&](char const* way, Figures const& figures) {
        std::printf(
            "%5zu  %-24s %10.0f %8.2f %10.1f\n", row.keys, way, figures.rate(),
            figures.rate() / row.theirs.rate(), figures.round_trips_per(row.keys));
    };
    line("libxenstore", row.theirs);
    line("Client::read", row.one_by_one);
    line("Client::read_each", row.pipelined);
}

void write_json(std::ostream& out, std::vector<Row> const& rows)
{
    auto const figures = [&](char const* name, Figures const& one, Row const& row) {
        out << "    \"" << name << "\": {\"requests_per_second\": " << long(one.rate())
            << ", \"ratio\": " << one.rate() / row.theirs.rate()
            << ", \"round_trips\": " << one.round_trips_per(row.keys) << "}";
    };
    out << "[\n";
    for (Row const& row : rows) {
        out << "  {\"keys\": " << row.keys << ",\n";
        figures("libxenstore", row.theirs, row);
        out << ",\n";
        figures("read", row.one_by_one, row);
        out << ",\n";
        figures("read_each", row.pipelined, row);
        out << (&row == &rows.back() ? "}\n" : "},\n");
    }
    out << "]\n";
}

} // namespace
} // namespace lodger::bench

int main(int argc, char** argv)
{
    using namespace lodger::bench;
    Bench bench;
    std::vector<Row> rows;
    std::printf(" keys  way of reading            requests/s  ratio  round trips\n");
    for (std::size_t const keys : {1, 10, 100}) {
        rows.push_back(bench.measure(keys));
        print(rows.back());
    }
    if (argc > 1) {
        std::ofstream file{argv[1]};
        write_json(file, rows);
    }
}
