#include <lodger/tests/sim/trace.hpp>

#include <array>
#include <cstdio>

namespace lodger::sim {

void Trace::print(std::ostream& out) const
{
    for (Line const& line : lines_) {
        std::array<char, 48> prefix;
        double const milliseconds = static_cast<double>(line.at.time_since_epoch().count()) / 1e6;
        std::snprintf(
            prefix.data(), prefix.size(), "%14.6f ms  d%-3u ", milliseconds,
            unsigned{line.domain.value});
        out << prefix.data() << line.text << '\n';
    }
}

} // namespace lodger::sim
