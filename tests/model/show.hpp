#pragma once

#include <lodger/tests/model/explore.hpp>

#include <iostream>

namespace lodger::model {

/// Explores a system and tells what came of it; `tests/count` adds the states up.
template <System S>
Report explore_and_show(std::string_view what, S system)
{
    Report const report = Explorer<S>{system}.run();
    std::cout << what << "\nstates explored: " << report.states << "\nsteps: " << report.steps
              << '\n';
    if (!report.holds()) {
        std::cout << "violation: " << report.violation << '\n';
        for (auto const& line : report.trace)
            std::cout << "    " << line << '\n';
    }
    std::cout << std::endl;
    return report;
}

} // namespace lodger::model
