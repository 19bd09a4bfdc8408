#include <lodger/core/result.hpp>

#include <catch2/catch.hpp>
#include <memory>

using namespace lodger;

namespace {

Result<int> half(int number)
{
    if (number % 2 != 0)
        return Failure{Errc::invalid_argument};
    return number / 2;
}

Result<int> quarter(int number)
{
    return LODGER_TRY(half(LODGER_TRY(half(number))));
}

Result<std::unique_ptr<int>> owner(bool fails)
{
    if (fails)
        return Failure{Errc::no_memory};
    return std::make_unique<int>(7);
}

Result<int> through_owner(bool fails)
{
    std::unique_ptr<int> const owned = LODGER_TRY(owner(fails));
    return *owned;
}

Result<> count_if_even(int number, int& count)
{
    LODGER_TRY(half(number));
    ++count;
    return {};
}

} // namespace

TEST_CASE("LODGER_TRY gives the value, also inside another")
{
    REQUIRE(quarter(12) == 3);
}

TEST_CASE("LODGER_TRY returns the error of the innermost or the outer expression")
{
    REQUIRE(quarter(3).error() == Errc::invalid_argument);
    REQUIRE(quarter(6).error() == Errc::invalid_argument);
}

TEST_CASE("LODGER_TRY carries a type that can only be moved")
{
    REQUIRE(through_owner(false) == 7);
    REQUIRE(through_owner(true).error() == Errc::no_memory);
}

TEST_CASE("LODGER_TRY as a statement goes on only after success")
{
    int count = 0;
    REQUIRE(count_if_even(2, count));
    REQUIRE_FALSE(count_if_even(3, count));
    REQUIRE(count == 1);
}

TEST_CASE("LODGER_TRY of a named result leaves it to the caller until it is moved out")
{
    auto const run = [](Result<std::unique_ptr<int>> result) -> Result<int> {
        return *LODGER_TRY(std::move(result));
    };
    REQUIRE(run(owner(false)) == 7);
}

TEST_CASE("a default result of nothing is success")
{
    REQUIRE(Result<>{});
}
