#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <string>

namespace lodger::host {

/// A test case of Catch's that runs any function.
class Registered : public Catch::ITestInvoker {
public:
    explicit Registered(std::function<void()> run) : run_{std::move(run)} {}
    void invoke() const override { run_(); }

    static void add(std::string_view name, std::function<void()> run)
    {
        std::string const copy{name};
        Catch::AutoReg const registered{
            new Registered{std::move(run)}, CATCH_INTERNAL_LINEINFO, "", Catch::NameAndTags{copy}};
    }

private:
    std::function<void()> run_;
};

} // namespace lodger::host
